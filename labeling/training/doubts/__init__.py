"""Doubts about gold: models, other places of the same words, decisions and reprints speak against a reading."""
