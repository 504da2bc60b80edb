"""The folder of one project: the table of its files, their rows, and the one way they are read and written."""
