"""The loop: which article next (queue), what a round brought (rounds), when to stop (stopping)."""
