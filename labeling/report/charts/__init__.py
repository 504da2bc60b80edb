"""The charts of the page: each is SVG beside a table of the same numbers."""
