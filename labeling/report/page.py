"""The numbers on one page that people look at: what was lost, leaked, disputed and learned.

The page stands alone: no script, no font, no picture from elsewhere, so it can be mailed and kept.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from labeling.evaluation import learning_curve
from labeling.report import shared_text
from labeling.report.highlight import MarkedPiece, mark_spans
from labeling.reprints.annotate_once import compute_savings
from labeling.workspace.rows.assignment import SPLITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from labeling.annotations import Annotation, Gold, QuarantineRow
    from labeling.articles import Article, Reject
    from labeling.ledger import Sums
    from labeling.schema import Schema
    from labeling.workspace.rows.assignment import Leakage, SplitAssignment
    from labeling.workspace.rows.conflict import Conflict
    from labeling.workspace.rows.passage import ClusterRow, Passage
    from labeling.workspace.rows.reprint import Audit, ProjectedRow
    from labeling.workspace.rows.score import Agreement, Curve, Measure, Measures, Score

_SHOWN_ARTICLES = 6
_DIFFERENCES = 20
_SAVINGS = 10
_SINGLES = 400  # articles that share no text are drawn so far, the rest is counted
_DISPUTE_CONTEXT = 60


@dataclass(frozen=True)
class Findings:
    """All that a workspace knows, as its files hold it; a file that is not there yet is empty here.

    ``task_pages`` are the addresses of articles in Label Studio. ``agreement_stale`` says that annotations came since
    agreement was measured. ``words`` is the least run of words that two articles share, as the project file has it.
    """

    articles: Sequence[Article] = ()
    rejects: Sequence[Reject] = ()
    annotations: Sequence[Annotation] = ()
    quarantine: Sequence[QuarantineRow] = ()
    gold: Sequence[Gold] = ()
    conflicts: Sequence[Conflict] = ()
    task_pages: Mapping[str, str] = field(default_factory=dict)
    assignments: Sequence[SplitAssignment] = ()
    ledger: Sums | None = None
    scores: Sequence[Score] = ()
    corpus: str = ""
    agreement: Agreement | None = None
    agreement_stale: bool = False
    clusters: Sequence[ClusterRow] = ()
    passages: Sequence[Passage] = ()
    words: int = 12
    projected: Sequence[ProjectedRow] = ()
    audit: Audit | None = None
    leakage: Leakage | None = None
    curve: Curve | None = None


@dataclass(frozen=True)
class HeadlineNumber:
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
class HighlightedArticle:
    """A gold article with its spans marked."""

    article: Article
    split: str
    pieces: Sequence[MarkedPiece]


class ScoreRow(NamedTuple):
    """What an annotator's words of one kind (``spans``, ``relations``, ``choices``) are worth."""

    score: Score
    what: str
    exact: Measures
    overlapping: Measures | None = None


def render_report(title: str, schema: Schema, findings: Findings) -> str:
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
    environment.filters |= {"percent": percent_or_dash, "interval": format_interval}
    articles, split_of = {article.id: article for article in findings.articles}, _split_of(findings)
    drawn = shared_text.list_leak_groups(findings.clusters, articles, split_of)
    return environment.get_template("report.html.j2").render(
        title=title,
        findings=findings,
        tiles=list_headline_numbers(findings),
        colours={label.name: label.color for label in schema.labels},
        splits=SPLITS,
        label_counts=count_labels(schema, findings),
        annotators=count_by_annotator(findings.annotations),
        disputes=[*list_disputes(findings)],
        pages=[*highlight_articles(findings)],
        scored=[*list_score_rows(findings.scores)],
        shown=_SHOWN_ARTICLES,
        families=[group for group in drawn if group.articles > 1],
        singles=[group.stories[0][0] for group in drawn if group.articles == 1],
        singles_drawn=_SINGLES,
        beside=shared_text.align_pairs(_pairs_to_show(findings), articles, split_of, findings.words),
        at_random=_random_split_pairs(findings),
        savings=compute_savings(findings.projected, findings.gold),
        savings_shown=_SAVINGS,
        differences_shown=_DIFFERENCES,
        label_groups=shared_text.count_groups_by_label(findings.gold, findings.clusters),
        gain=learning_curve.measure_gain(findings.curve.points) if findings.curve else None,
        groups_of=lambda names: shared_text.count_groups(names, findings.clusters),
    )


def list_headline_numbers(findings: Findings) -> list[HeadlineNumber]:
    """The numbers at the head of the page, in the order of the journey."""
    spans = sum(len(gold.spans) for gold in findings.gold)
    groups, stories = ({getattr(row, name) for row in findings.clusters} for name in ("leak_group", "story"))
    return [
        HeadlineNumber("articles", len(findings.articles), f"{len(findings.rejects)} refused in the last run"),
        *(
            [HeadlineNumber("leak groups", len(groups), f"{len(stories)} stories: what articles are worth")]
            if groups
            else []
        ),
        HeadlineNumber(
            "annotations", len(findings.annotations), f"by {len(count_by_annotator(findings.annotations))} annotators"
        ),
        HeadlineNumber("in quarantine", len(findings.quarantine)),
        HeadlineNumber("gold spans", spans, f"in {len(findings.gold)} articles"),
        HeadlineNumber("open conflicts", len(findings.conflicts)),
    ]


def count_by_annotator(annotations: Iterable[Annotation]) -> dict[str, Counter[str]]:
    """What each person did: submitted, skipped, draft, and spans in what was submitted."""
    table: dict[str, Counter[str]] = {}
    for annotation in annotations:
        done = table.setdefault(annotation.annotator, Counter())
        done[annotation.state] += 1
        if annotation.state == "submitted":
            done["spans"] += len(annotation.spans)
            done["unsure"] += sum(span.unsure for span in annotation.spans)
    return dict(sorted(table.items()))


def count_labels(schema: Schema, findings: Findings) -> dict[str, Counter[str]]:
    """Gold spans by label and split; ``all`` counts those in no split too."""
    split_of = _split_of(findings)
    table = {label: Counter[str]() for label in schema.label_names}
    for gold in findings.gold:
        for span in gold.spans:
            counts = table.setdefault(span.label, Counter())
            counts["all"] += 1
            counts[split_of.get(gold.article, "none")] += 1
    return table


def list_disputes(findings: Findings) -> Iterable[Dispute]:
    """Each conflict with the words around it."""
    texts = {article.id: article.text for article in findings.articles}
    for conflict in findings.conflicts:
        text = texts.get(conflict.article, "")
        whole = conflict.kind == "choice"
        yield Dispute(
            article=conflict.article,
            kind=conflict.kind,
            before="" if whole else text[max(0, conflict.start - _DISPUTE_CONTEXT) : conflict.start],
            text="the whole article" if whole else text[conflict.start : conflict.end],
            after="" if whole else text[conflict.end : conflict.end + _DISPUTE_CONTEXT],
            readings=[
                *(
                    f"{each.annotator}: {each.label}" + _reading_words(text, each.start, each.end, conflict)
                    for each in conflict.readings
                ),
                *(f"{name}: nothing" for name in conflict.missed_by),
            ],
        )


def list_score_rows(scores: Iterable[Score]) -> Iterable[ScoreRow]:
    """Each annotator's measures: of spans, unless it says other things alone, then of relations and of choices."""
    for score in scores:
        if score.exact.micro.predicted or not (score.relations or score.choices):
            yield ScoreRow(score, "spans", score.exact, score.overlapping)
        if score.relations:
            yield ScoreRow(score, "relations", score.relations, score.relations_overlapping)
        if score.choices:
            yield ScoreRow(score, "choices", score.choices)


def highlight_articles(findings: Findings) -> Iterable[HighlightedArticle]:
    """The first gold articles, spans marked; articles without any span come last."""
    articles = {article.id: article for article in findings.articles}
    split_of = _split_of(findings)
    fullest = sorted(findings.gold, key=lambda gold: (not gold.spans, gold.article))
    for gold in fullest[:_SHOWN_ARTICLES]:
        article = articles.get(gold.article)
        if article is not None and article.digest == gold.digest:
            yield HighlightedArticle(article, split_of.get(gold.article, "none"), mark_spans(article.text, gold.spans))


def percent_or_dash(ratio: float | None) -> str:
    """A ratio as people read it; what is undefined is a dash."""
    return "–" if ratio is None else f"{100 * ratio:.1f}"  # noqa: RUF001 - the dash is meant


def format_interval(measure: Measure) -> str:
    """The 95 % interval of F1, or why there is none."""
    if measure.f1_interval is None:
        return measure.why_no_interval
    low, high = measure.f1_interval
    return f"{percent_or_dash(low)} to {percent_or_dash(high)}"


def _pairs_to_show(findings: Findings) -> list[tuple[str, str]]:
    """The pairs to show side by side: what leaks, what would have leaked at random, and what shares most."""
    sides = (findings.leakage.splits, findings.leakage.random_split) if findings.leakage else ()
    leaks = [shared for side in sides for shared in side.worst if shared.words >= findings.words]
    return [*((shared.one, shared.other) for shared in leaks), *shared_text.rank_closest_pairs(findings.passages)]


def _random_split_pairs(findings: Findings) -> dict[tuple[str, str], str]:
    """Between which splits a random split would have put a pair."""
    worst = findings.leakage.random_split.worst if findings.leakage else ()
    return {(shared.one, shared.other): f"{shared.one_split} and {shared.other_split}" for shared in worst}


def _split_of(findings: Findings) -> Mapping[str, str]:
    return {each.article: each.split or "none" for each in findings.assignments}


def _reading_words(text: str, start: int, end: int, conflict: Conflict) -> str:
    """The words of a reading, where they are not the whole disputed stretch."""
    if conflict.kind in {"choice", "relation"} or (start, end) == (conflict.start, conflict.end):
        return ""
    return f" “{text[start:end]}”"
