"""The rows of ``queue.jsonl``, the order of what is open, and of ``rounds.jsonl``, what each round brought."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from labeling.values import Frozen
from labeling.workspace.rows.score import Measure

StoppingVerdict: TypeAlias = Literal["go on", "stop", "cannot tell"]


class QueueRow(Frozen):
    """One line of ``queue.jsonl``: an open article and its place.

    Attributes:
        article: Its id.
        order: The place among all that is open, from 1.
        score: How much the model needs no look at it, from 0 to 1: least confident first, as Label Studio orders.
        leak_group: Of the article; one of each is near the front, the others follow when it is annotated.
        chosen_by: ``stream`` where a hash chose it, ``model`` where uncertainty did.
        assisted: Whether suggestions are shown with it.
        why: What the model doubts, for people: ``3 weak spans of 12, the weakest 'Quad' (0.31)``.
    """

    article: str
    order: int = Field(ge=1)
    score: float = Field(ge=0, le=1)
    leak_group: str
    chosen_by: Literal["stream", "model"]
    assisted: bool = True
    why: str = ""


class ActionCounts(Frozen):
    """What people did to what was offered them, counted from the regions and our own suggestions.

    ``weight`` is what it cost in the page: 2 a span mended, removed or added, 2 a choice changed, 8 a relation made or
    mended, 2 one refused, nothing for what was kept. ``mentions_kept`` are spans that the server offered while the
    article was annotated ([assist]), and that stand.
    """

    spans_kept: int = 0
    spans_mended: int = 0
    spans_removed: int = 0
    spans_added: int = 0
    mentions_kept: int = 0
    relations_kept: int = 0
    relations_mended: int = 0
    relations_removed: int = 0
    relations_added: int = 0
    choices_kept: int = 0
    choices_changed: int = 0

    @property
    def weight(self) -> int:
        """The sum, weighed; a span mended, one added and a relation made are 2 + 2 + 8 = 12."""
        spans = self.spans_mended + self.spans_removed + self.spans_added
        relations = self.relations_added + self.relations_mended
        return 2 * (spans + self.relations_removed + self.choices_changed) + 8 * relations


class Outlook(Frozen):
    """What the next ``articles`` are worth in F1, of everything or of one label: 95 % interval, verdict."""

    articles: int
    gain: float | None
    interval: tuple[float, float] | None
    verdict: StoppingVerdict
    why: str = ""


class RoundRow(Frozen):
    """One line of ``rounds.jsonl``: what a round stood on and brought.

    Attributes:
        round: From 1.
        at: When it ended, in UTC.
        articles: How many have gold.
        new: How many of them have come since the round before.
        actions: What people did in these, and ``seconds`` how long they had them open, where that is known.
        dataset: The digest of the dataset, and ``model`` the signature of the extractor that was trained on it.
        score: Of its spans on test, exact; None where there is no test yet.
        stability: The share of the spans on a fixed set of articles that this model and the one before both have
            (F1 of the two), None in the first round.
        outlook: What more articles are worth, and ``by_label`` the same by label.
        verdict: That of ``outlook``.
    """

    round: int = Field(ge=1)
    at: str
    articles: int
    new: int
    actions: ActionCounts
    seconds: float | None
    dataset: str
    model: str
    score: Measure | None
    stability: float | None
    outlook: Outlook
    by_label: dict[str, Outlook] = {}
    verdict: StoppingVerdict
