"""The spaCy target: DocBins, relation pairs, training configs."""
