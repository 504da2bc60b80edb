"""CoNLL: tokens and IOB2 tags of the flat layer, one token a line."""
