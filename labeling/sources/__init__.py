"""The room that knows files: which ones a command names, in what encoding and format they are, what each row says.

``inputs`` finds them, ``encodings`` says how they were written, ``columns`` and ``pages`` read what is in them, and
``files`` joins all that to a stream of articles and refusals.
"""
