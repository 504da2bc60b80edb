"""What the cells of a column are like: words, numbers, parts of speech, fillers."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from labeling.imports.tags import OUTSIDE_TAGS, count_steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# What stands where there is nothing to say.
FILLERS: Final = frozenset({"_", "-", "", "*", "-X-"})
_NEARLY_ALL = 0.9
_MOST = 0.8
_FEWEST_UNDER_NAMES = 3  # cells
_EMPTY = frozenset({"_", "", "*", "-X-"})
_NUMBER = re.compile(r"\d+(?:[-.]\d+)?")
# Universal, Penn's and the Stuttgart-Tuebingen tag set.
_TAG_SETS = """
    ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X CONJ
    CC CD DT EX FW IN JJ JJR JJS LS MD NN NNS NNP NNPS PDT POS PRP PRP$ RB RBR RBS RP TO UH VB VBD VBG VBN VBP VBZ
    WDT WP WP$ WRB . , : ; ( ) -LRB- -RRB- $ # `` '' HYPH NFP AFX ADD GW XX
    ADJA ADJD APPR APPRART APPO APZR ART CARD ITJ KOUI KOUS KON KOKOM NE PDS PDAT PIS PIAT PIDAT PPER PPOSS PPOSAT
    PRELS PRELAT PRF PWS PWAT PWAV PAV PTKZU PTKNEG PTKVZ PTKANT PTKA TRUNC VVFIN VVIMP VVINF VVIZU VVPP VAFIN VAIMP
    VAINF VAPP VMFIN VMINF VMPP XY $, $. $(
"""
_PARTS_OF_SPEECH = frozenset(_TAG_SETS.split())


def rank_as_token(values: Sequence[str]) -> int:
    """How little a column is like one of words.

    0 is for words, 1 for numbers, 2 for parts of speech and `O`, 3 for what counts on or stays the same, 4 for fillers.
    """
    if _EMPTY.issuperset(values):
        return 4
    pairs = len(values) - 1
    if are_numbers(values):
        counts_on = count_steps(values) >= _MOST * pairs if pairs else values[0] in {"0", "1"}
        return 3 if counts_on else 1
    # Kaggle's files name the sentence in the row of its first word only.
    if "" in values:
        return 3
    if pairs > 1 and sum(one == other for one, other in pairwise(values)) >= _NEARLY_ALL * pairs:
        return 3
    return 2 if are_parts_of_speech(values) or OUTSIDE_TAGS.issuperset(values) else 0


def rank_below_heading(values: Sequence[str]) -> int:
    """The rank of a column, whether or not the first cell is the column's name: numbers under ``id`` are numbers."""
    below = values[1:] if len(values) >= _FEWEST_UNDER_NAMES else values
    return max(rank_as_token(values), rank_as_token(below))


def are_numbers(values: Iterable[str]) -> bool:
    """Whether all cells are numbers: ``12``, ``3.5``, ``1-2``."""
    return all(map(_NUMBER.fullmatch, values))


def are_parts_of_speech(values: Sequence[str]) -> bool:
    """Whether all cells are of a set of parts of speech, and one at least has letters."""
    return _PARTS_OF_SPEECH.issuperset(values) and any(value.isalpha() for value in values)
