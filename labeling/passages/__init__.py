"""Passages: stretches of words that articles share, and what follows from them.

News is reprinted. A **passage** is a stretch shared by two or more articles; a **story** joins articles that report one
thing from one text (annotated once); a **leak group** joins articles that share any passage (never on two sides of a
split). Boilerplate, which one source prints on many days or the project file declares, joins nothing.

The guarantee: a run of ``words`` words or more that two articles share, no word of it boilerplate, is always found,
and no shorter run joins anything, except that articles of the same words are always joined.

The way of a text, file by file: ``normalise`` folds its characters, ``words`` cuts and numbers its words,
``fingerprints`` picks the runs worth comparing (winnowing), ``shared_runs`` finds which articles share which, and
which articles hang together (connected components), ``tiling`` and ``alignment`` lay two texts side by side (greedy
string tiling), ``stories`` and ``leak_groups`` describe each group. ``dataflow`` runs all of it as Daft dataframes
(``frames``), in one process or on a Ray cluster; ``find`` turns articles into passages, and ``cluster`` does so for
the files of a workspace.
"""
