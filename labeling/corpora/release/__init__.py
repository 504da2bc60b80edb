"""Datasets without their texts, and how they come together again."""
