"""People that are simulated, to measure what settling is worth where the truth is known."""
