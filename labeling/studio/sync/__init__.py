"""Push and pull: what the server has, what we have, and how they come to agree."""
