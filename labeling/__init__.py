"""The workbench that turns newswire into trustworthy training data."""

__version__ = "0.1.0"
