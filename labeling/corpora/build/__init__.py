"""The way of a compile: select, convert, write, read back, account for."""
