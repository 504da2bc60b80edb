"""Word vectors: found, read, cut to what a project needs, and written where spaCy finds them."""
