"""The Hugging Face target: Arrow, Parquet, subwords."""
