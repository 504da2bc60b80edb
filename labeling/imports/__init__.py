"""Imports: annotations made elsewhere, read from brat, Prodigy, doccano and CoNLL files.

The reader of a format gives what a file contains, in the file's own labels and offsets; ``merge`` makes articles and
annotations of it. What has no place here goes into quarantine, with its reason.
"""
