"""Potato's output: its lines and tables of each version, and the spans and labels in them."""
