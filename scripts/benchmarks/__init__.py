"""The sections of `make bench`, one a file; each yields figures, every one beside a floor measured in the same run."""
