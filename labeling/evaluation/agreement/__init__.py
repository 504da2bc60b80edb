"""Agreement: people among themselves, beside models, beside gold and beside their own words, by the one ruler."""
