"""Conflicts put to an adjudicator as cards: one question each, answered with a digit."""
