"""From annotations to gold: what is sound, on what annotators agree, where they differ, and an account of it all."""
