"""The front doors: one verb a file, ``x_cli`` parses and documents, ``x`` does it.

A verb reads the workspace, calls the room that knows how, and writes what came out, all of it or nothing. It returns
its summary as a frozen value; only ``x_cli`` prints.
"""
