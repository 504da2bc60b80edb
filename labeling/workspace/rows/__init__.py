"""The rows of the workspace's files: what one verb writes and another reads, whichever rooms they live in."""
