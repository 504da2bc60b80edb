"""Publishing a dataset: a folder in the Hub's layout, or a repository there; texts only where a licence is stated."""
