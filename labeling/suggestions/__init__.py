"""Spans suggested before people start: by rules, lists of names, an installed spaCy pipeline, a GLiNER model."""
