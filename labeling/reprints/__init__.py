"""What follows from shared text: reprints get the annotation of the article they reprint, and are compared with it."""
