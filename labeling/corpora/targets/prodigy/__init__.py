"""JSON lines of the kind that Prodigy reads and writes: one article a line."""
