"""Articles that share text: reprints get the annotation of what they reprint, and the gold of both is compared."""
