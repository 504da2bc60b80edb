"""Records of Argilla 2: the forms in which they are written, the text that is asked about, and who answered what."""
