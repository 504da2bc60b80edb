"""Imports: annotations made elsewhere, read from brat, Prodigy, doccano and CoNLL files.

A reader a format says what a file says, in the file's own labels and offsets; ``intake`` makes articles and annotations
of it. What has no place here goes into quarantine, with its reason.
"""
