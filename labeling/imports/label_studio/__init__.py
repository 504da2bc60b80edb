"""Any project's own JSON of Label Studio: which field is the text, who said what, and the regions of a result.

Our own projects are read in `labeling.studio.format`, by their schema; here nothing is known of a project but its file.
"""
