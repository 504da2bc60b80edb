"""Extractors: trained on a dataset, asked for predictions, measured on its test split."""
