"""The one ruler: people among themselves, and models against gold, measured alike."""
