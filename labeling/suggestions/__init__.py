"""Spans suggested before people start: by rules, by lists of names, by an installed spaCy pipeline."""
