"""Annotations on their way out: gold, or what one annotator said, in the files of other tools.

What a format cannot hold is listed and counted: what was kept and what is listed is all there was.
"""
