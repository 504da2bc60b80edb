"""From what annotators said to gold: who agrees, where they differ, what is settled and how."""
