"""The rows of the loop: the order of what is open, what readers were offered and did, and what each round brought."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from labeling.annotations import Annotation, Relation, Span
from labeling.values import Frozen, format_percent
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


class OfferedRow(Frozen):
    """One line of ``offered.jsonl``: a suggestion as the page has it, where models are in the loop.

    Attributes:
        article: Its id, and ``text`` the digest of its text.
        signature: Who signs it: all whose words were joined in it. Each of its spans names its own sources, by its id.
        sent: The digest of what was sent.
        score: What the page has as its score, None where there is none.
        words: The suggestion; None where it was sent before this file was kept.
    """

    article: str
    text: str
    signature: str
    sent: str
    score: float | None = None
    words: Annotation | None = None


class ActionCounts(Frozen):
    """What people did to what was offered them, counted from the regions and our own suggestions.

    ``weight`` is what it cost in the page: 2 a span mended, removed or added, 2 a choice changed, 8 a relation made or
    mended, 2 one refused, nothing for what was kept. ``mentions_kept`` are spans that the server offered while the
    article was annotated ([assist]), and that stand; ``mentions_removed`` those that are gone, None where nobody knows
    what was offered, as on a server without our layer.
    """

    spans_kept: int = 0
    spans_mended: int = 0
    spans_removed: int = 0
    spans_added: int = 0
    mentions_kept: int = 0
    mentions_removed: int | None = 0
    relations_kept: int = 0
    relations_mended: int = 0
    relations_removed: int = 0
    relations_added: int = 0
    choices_kept: int = 0
    choices_changed: int = 0

    @property
    def weight(self) -> int:
        """The sum, weighed; a span mended, one added and a relation made are 2 + 2 + 8 = 12."""
        spans = self.spans_mended + self.spans_removed + self.spans_added + (self.mentions_removed or 0)
        relations = self.relations_added + self.relations_mended
        return 2 * (spans + self.relations_removed + self.choices_changed) + 8 * relations


class BegunRow(Frozen):
    """One line of ``begun.jsonl``: what our models said of an article when somebody was first seen to have begun it.

    It stays as it was, whatever later models say.

    Attributes:
        article: Its id, and ``digest`` that of its text.
        source: By whom the suggestion was signed; empty where there was none.
        shown: Whether readers were shown it: not where the article is read without suggestions.
        spans: What it said, and ``relations`` and ``choices``.
    """

    article: str
    digest: str
    source: str
    shown: bool = True
    spans: tuple[Span, ...] = ()
    relations: tuple[Relation, ...] = ()
    choices: dict[str, tuple[str, ...]] = {}


class DoneReading(Frozen):
    """One line of ``actions.jsonl``: what one reader did in one article, counted when it was first seen submitted.

    Attributes:
        article: Which one.
        annotator: Who read it.
        round: The round that counted it.
        actions: What they did.
        seconds: How long they had it open; None where the server does not say.
        assisted: Whether they were shown suggestions.
    """

    article: str
    annotator: str
    round: int = Field(ge=1)
    actions: ActionCounts
    seconds: float | None = None
    assisted: bool = True


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
        basis: The digest of all that decides it: gold, articles, plan, settings. The same again is not a new round.
        articles: How many have gold.
        new: How many more these are than in the round before.
        open: How many nobody has begun.
        actions: What people did since the round before, and ``seconds`` how long, where that is known.
        dataset: The digest of the dataset; empty where there was none yet.
        model: The signature of the extractor that was trained on it; empty where there was too little to train on.
        score: Of its spans on test, exact; None where there is no test yet.
        stability: The share of the spans on a fixed set of articles that this model and the one before both have
            (F1 of the two), None for the first.
        outlook: What more articles are worth, and ``by_label`` the same by label.
        verdict: That of ``outlook``.
        why: Why nothing was trained; empty where something was.
    """

    round: int = Field(ge=1)
    at: str
    basis: str
    articles: int
    new: int
    open: int
    actions: ActionCounts
    seconds: float | None
    dataset: str
    model: str
    score: Measure | None
    stability: float | None
    outlook: Outlook
    by_label: dict[str, Outlook] = {}
    verdict: StoppingVerdict
    why: str = ""

    @property
    def sentence(self) -> str:
        """The round in one line, for people."""
        if not self.model:
            return f"Round {self.round}, without training: {self.why}."
        f1 = (
            f"F1 {format_percent(self.score.f1)} ({self.score.interval_text})" if self.score else "no test articles yet"
        )
        return f"Round {self.round}, on {self.articles} articles: {f1}; verdict: {self.verdict}."
