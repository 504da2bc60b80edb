"""The training formats, each behind one protocol."""
