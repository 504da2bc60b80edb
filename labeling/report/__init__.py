"""The report: all numbers of a workspace on one page."""
