"""The demo: sample articles and their annotations, of our own writing."""
