"""Attacks on what people said: small trials by group, through the command line, so that older code runs them too."""
