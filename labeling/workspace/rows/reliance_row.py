"""The model of reliance.json: where dev and test come from, and what suggestions do to those who read with them."""

from __future__ import annotations

from labeling.values import Frozen
from labeling.workspace.rows.agreements import Coefficient
from labeling.workspace.rows.assignment import SplitName


class StreamShare(Frozen):
    """How many articles a split has, and how many of these were of the random stream when they came there."""

    articles: int
    of_stream: int


class RelianceRates(Frozen):
    """What some readings have of what a model had, as shares from 0 to 1; each counts the spans it was made of.

    A span is the same where start, end and label are. ``judged`` counts the readings of which gold has somebody else's
    word, too; of these alone the first two are.

    Attributes:
        readings: How many, of how many ``articles`` in how many ``leak_groups``.
        judged: How many of them somebody else has judged.
        missed: Of gold's spans that the model did not have, those that the reader does not have either.
        accepted: Of the model's spans that are not gold, those that the reader has, too.
        beyond: Of the reader's spans, those that the model did not have.
        rejected: Of the model's spans, those that the reader does not have.
    """

    readings: int
    judged: int
    articles: int
    leak_groups: int
    missed: Coefficient
    accepted: Coefficient
    beyond: Coefficient
    rejected: Coefficient


class Reliance(Frozen):
    """``reliance.json``: of dev and test, what came from the random stream; and how far readers lean on suggestions.

    Chance decides which articles of the stream are read without suggestions: what both kinds of readings differ in is
    what suggestions do. ``difference`` has it by measure, with suggestions minus without.
    """

    tested: dict[SplitName, StreamShare]
    assisted: RelianceRates
    unassisted: RelianceRates
    difference: dict[str, Coefficient]
