"""The numbers on one page that people look at: what was lost, leaked, disputed and learned.

The page stands alone: no script, no font, no picture from elsewhere, so it can be mailed and kept.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from labeling.evaluation import learning_curve
from labeling.report import shared_text
from labeling.report.highlight import Piece, pieces
from labeling.reprints.carried import savings
from labeling.workspace.rows.assignment import SPLITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from labeling.annotations import Annotation, Gold, Quarantined
    from labeling.articles import Article, Reject
    from labeling.ledger import Sums
    from labeling.schema import Schema
    from labeling.workspace.rows.assignment import Assignment, Leakage
    from labeling.workspace.rows.conflict import Conflict
    from labeling.workspace.rows.passage import Clustered, Passage
    from labeling.workspace.rows.reprint import Audit, Projected
    from labeling.workspace.rows.score import Agreement, Curve, Measure, Measures, Score

_SHOWN = 6
_DIFFERENCES = 20
_SAVINGS = 10
_SINGLES = 400  # articles that share no text are drawn so far, the rest is counted
_AROUND = 60


@dataclass(frozen=True)
class Findings:
    """All that a workspace knows, as its files hold it; a file that is not there yet is empty here.

    ``task_pages`` are the addresses of articles in Label Studio. ``agreement_stale`` says that annotations came since
    agreement was measured. ``words`` is the least run of words that two articles share, as the project file has it.
    """

    articles: Sequence[Article] = ()
    rejects: Sequence[Reject] = ()
    annotations: Sequence[Annotation] = ()
    quarantine: Sequence[Quarantined] = ()
    gold: Sequence[Gold] = ()
    conflicts: Sequence[Conflict] = ()
    task_pages: Mapping[str, str] = field(default_factory=dict)
    assignments: Sequence[Assignment] = ()
    ledger: Sums | None = None
    scores: Sequence[Score] = ()
    corpus: str = ""
    agreement: Agreement | None = None
    agreement_stale: bool = False
    clusters: Sequence[Clustered] = ()
    passages: Sequence[Passage] = ()
    words: int = 12
    projected: Sequence[Projected] = ()
    audit: Audit | None = None
    leakage: Leakage | None = None
    curve: Curve | None = None


@dataclass(frozen=True)
class Tile:
    """One number at the head of the page."""

    name: str
    number: int
    note: str = ""


@dataclass(frozen=True)
class Dispute:
    """A conflict in its surroundings."""

    article: str
    kind: str
    before: str
    text: str
    after: str
    readings: Sequence[str]


@dataclass(frozen=True)
class Page:
    """A gold article with its spans marked."""

    article: Article
    split: str
    pieces: Sequence[Piece]


class Scored(NamedTuple):
    """What an annotator's words of one kind (``spans``, ``relations``, ``choices``) are worth."""

    score: Score
    what: str
    exact: Measures
    overlapping: Measures | None = None


def report(title: str, schema: Schema, findings: Findings) -> str:
    """The page, as HTML.

    Args:
        title: The project's name.
        schema: Gives the order and colours of labels.
        findings: What the workspace knows so far; a section without data says which verb brings it.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("labeling.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "interval": interval}
    articles, split_of = {article.id: article for article in findings.articles}, _split_of(findings)
    drawn = shared_text.groups(findings.clusters, articles, split_of)
    return environment.get_template("report.html.j2").render(
        title=title,
        findings=findings,
        tiles=tiles(findings),
        colours={label.name: label.color for label in schema.labels},
        splits=SPLITS,
        label_counts=label_counts(schema, findings),
        annotators=annotators(findings.annotations),
        disputes=[*disputes(findings)],
        pages=[*pages(findings)],
        scored=[*scored(findings.scores)],
        shown=_SHOWN,
        families=[group for group in drawn if group.articles > 1],
        singles=[group.stories[0][0] for group in drawn if group.articles == 1],
        singles_drawn=_SINGLES,
        beside=shared_text.beside(_worst(findings), articles, split_of, findings.words),
        at_random=_at_random(findings),
        savings=savings(findings.projected, findings.gold),
        savings_shown=_SAVINGS,
        differences_shown=_DIFFERENCES,
        label_groups=shared_text.labels_in_groups(findings.gold, findings.clusters),
        gain=learning_curve.gain(findings.curve.points) if findings.curve else None,
        groups_of=lambda names: shared_text.count_groups(names, findings.clusters),
    )


def tiles(findings: Findings) -> list[Tile]:
    """The numbers at the head of the page, in the order of the journey."""
    spans = sum(len(gold.spans) for gold in findings.gold)
    groups, stories = ({getattr(row, name) for row in findings.clusters} for name in ("leak_group", "story"))
    return [
        Tile("articles", len(findings.articles), f"{len(findings.rejects)} refused in the last run"),
        *([Tile("leak groups", len(groups), f"{len(stories)} stories: what articles are worth")] if groups else []),
        Tile("annotations", len(findings.annotations), f"by {len(annotators(findings.annotations))} annotators"),
        Tile("in quarantine", len(findings.quarantine)),
        Tile("gold spans", spans, f"in {len(findings.gold)} articles"),
        Tile("open conflicts", len(findings.conflicts)),
    ]


def annotators(annotations: Iterable[Annotation]) -> dict[str, Counter[str]]:
    """What each person did: submitted, skipped, draft, and spans in what was submitted."""
    table: dict[str, Counter[str]] = {}
    for annotation in annotations:
        done = table.setdefault(annotation.annotator, Counter())
        done[annotation.state] += 1
        if annotation.state == "submitted":
            done["spans"] += len(annotation.spans)
            done["unsure"] += sum(span.unsure for span in annotation.spans)
    return dict(sorted(table.items()))


def label_counts(schema: Schema, findings: Findings) -> dict[str, Counter[str]]:
    """Gold spans by label and split; ``all`` counts those in no split too."""
    split_of = _split_of(findings)
    table = {label: Counter[str]() for label in schema.label_names}
    for gold in findings.gold:
        for span in gold.spans:
            counts = table.setdefault(span.label, Counter())
            counts["all"] += 1
            counts[split_of.get(gold.article, "none")] += 1
    return table


def disputes(findings: Findings) -> Iterable[Dispute]:
    """Each conflict with the words around it."""
    texts = {article.id: article.text for article in findings.articles}
    for conflict in findings.conflicts:
        text = texts.get(conflict.article, "")
        whole = conflict.kind == "choice"
        yield Dispute(
            article=conflict.article,
            kind=conflict.kind,
            before="" if whole else text[max(0, conflict.start - _AROUND) : conflict.start],
            text="the whole article" if whole else text[conflict.start : conflict.end],
            after="" if whole else text[conflict.end : conflict.end + _AROUND],
            readings=[
                *(
                    f"{each.annotator}: {each.label}" + _words(text, each.start, each.end, conflict)
                    for each in conflict.readings
                ),
                *(f"{name}: nothing" for name in conflict.missed_by),
            ],
        )


def scored(scores: Iterable[Score]) -> Iterable[Scored]:
    """Each annotator's measures: of spans, unless it says other things alone, then of relations and of choices."""
    for score in scores:
        if score.exact.micro.predicted or not (score.relations or score.choices):
            yield Scored(score, "spans", score.exact, score.overlapping)
        if score.relations:
            yield Scored(score, "relations", score.relations, score.relations_overlapping)
        if score.choices:
            yield Scored(score, "choices", score.choices)


def pages(findings: Findings) -> Iterable[Page]:
    """The first gold articles, spans marked; articles without any span come last."""
    articles = {article.id: article for article in findings.articles}
    split_of = _split_of(findings)
    fullest = sorted(findings.gold, key=lambda gold: (not gold.spans, gold.article))
    for gold in fullest[:_SHOWN]:
        article = articles.get(gold.article)
        if article is not None and article.digest == gold.digest:
            yield Page(article, split_of.get(gold.article, "none"), pieces(article.text, gold.spans))


def percent(ratio: float | None) -> str:
    """A ratio as people read it; what is undefined is a dash."""
    return "–" if ratio is None else f"{100 * ratio:.1f}"  # noqa: RUF001 - the dash is meant


def interval(measure: Measure) -> str:
    """The 95 % interval of F1, or why there is none."""
    if measure.f1_interval is None:
        return measure.why_no_interval
    low, high = measure.f1_interval
    return f"{percent(low)} to {percent(high)}"


def _worst(findings: Findings) -> list[tuple[str, str]]:
    """The pairs to show side by side: what leaks, what would have leaked at random, and what shares most."""
    sides = (findings.leakage.splits, findings.leakage.random_split) if findings.leakage else ()
    leaks = [shared for side in sides for shared in side.worst if shared.words >= findings.words]
    return [*((shared.one, shared.other) for shared in leaks), *shared_text.closest(findings.passages)]


def _at_random(findings: Findings) -> dict[tuple[str, str], str]:
    """Between which splits a random split would have put a pair."""
    worst = findings.leakage.random_split.worst if findings.leakage else ()
    return {(shared.one, shared.other): f"{shared.one_split} and {shared.other_split}" for shared in worst}


def _split_of(findings: Findings) -> Mapping[str, str]:
    return {each.article: each.split or "none" for each in findings.assignments}


def _words(text: str, start: int, end: int, conflict: Conflict) -> str:
    """The words of a reading, where they are not the whole disputed stretch."""
    if conflict.kind in {"choice", "relation"} or (start, end) == (conflict.start, conflict.end):
        return ""
    return f" “{text[start:end]}”"
