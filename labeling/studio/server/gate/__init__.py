"""What stands before Label Studio in its own process, on whose path this folder is put: see ``labeling_gate``."""
