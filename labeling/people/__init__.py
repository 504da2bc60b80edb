"""Who reads what: the plan of a team's work, by story."""
