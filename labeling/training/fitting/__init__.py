"""Training of the sequence tagger: from a compiled dataset to a model's folder."""
