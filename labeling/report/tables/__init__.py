"""The tables of the page: rows for people, made of what was measured elsewhere."""
