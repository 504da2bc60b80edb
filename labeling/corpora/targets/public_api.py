"""The switch ``LABELING_PLAIN=1``: do without the insides of spaCy, srsly and datasets.

We fill and read spaCy's shards by hand, keep srsly from searching its extensions for every value, and write the small
files of ``datasets`` ourselves. That saves a third of the time of ``compile``, and may break with a new version of any
of them. Each such place is in a module called ``..._insides``, with a counterpart that uses the public API alone. With
the switch on, only the counterparts are used: the shards are the same to the byte, the tables have the same rows.
"""

from __future__ import annotations

import os


def wants_public_api() -> bool:
    """Whether only the public APIs of these packages are to be used."""
    return os.environ.get("LABELING_PLAIN", "") == "1"
