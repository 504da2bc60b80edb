"""The only room that knows the training formats: spaCy and Hugging Face datasets."""
