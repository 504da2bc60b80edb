"""Passages: stretches of words that articles share, and what follows from them.

News is reprinted. A **passage** is a stretch shared by two or more articles; a **story** joins articles that report one
thing from one text (annotated once); a **leak group** joins articles that share any passage (never on two sides of a
split). Boilerplate, what one source prints on many days or the project file declares, joins nothing.

The guarantee: a run of ``words`` words or more that two articles share, no word of it boilerplate, is always found,
and no shorter run joins anything, except that articles of the same words are always joined.

Read from below: ``words`` makes words of texts, ``fingerprints`` picks the runs worth comparing, ``sharing`` finds who
shares which, ``alignment`` puts two texts side by side, ``stories`` tells reports of one thing, ``dataflow`` runs all
of it as Daft dataframes in one process or on a Ray cluster, ``finding`` is the front door.
"""
