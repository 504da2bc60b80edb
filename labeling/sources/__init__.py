"""Sources: the files that a command names, in any encoding and format, read into articles.

``inputs`` finds the files, ``encodings`` detects their encoding, ``fields``, ``tables`` and ``web_pages`` read what is
in them, ``files`` makes a stream of articles and refusals, and ``ingest`` takes it into a workspace.
"""
