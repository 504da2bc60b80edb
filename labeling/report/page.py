"""The page that people look at: the numbers of a workspace, what was lost, leaked, disputed and learned.

It needs no script, font or picture from elsewhere, so it can be mailed and kept.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from labeling.corpora.template_environment import make_template_environment
from labeling.evaluation import learning_curve
from labeling.report import shared_text
from labeling.report.disputes import list_disputes
from labeling.report.highlight import highlight_articles
from labeling.reprints.annotate_once import compute_savings
from labeling.values import format_percent
from labeling.workspace.rows.assignment import SPLITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from labeling.annotations import Annotation
    from labeling.report.disputes import Dispute
    from labeling.report.findings import Findings
    from labeling.report.highlight import HighlightedArticle
    from labeling.report.shared_text import ArticlePair, GroupMember, LeakGroup
    from labeling.reprints.annotate_once import SourceSaving
    from labeling.schema import Schema
    from labeling.workspace.rows.score import Measures, Score

# How much of a long list is shown; the page tells how long it is.
_MOST_DIFFERENCES = 20
_MOST_SAVINGS = 10
_MOST_SINGLES = 400
_UNDEFINED = "–"  # noqa: RUF001 - the dash is meant


@dataclass(frozen=True)
class HeadlineNumber:
    """One number at the head of the page."""

    name: str
    number: int
    note: str = ""


class ScoreRow(NamedTuple):
    """The measures of what an annotator found of one kind: ``spans``, ``relations`` or ``choices``."""

    score: Score
    what: str
    exact: Measures
    overlapping: Measures | None = None


@dataclass(frozen=True)
class ReportPage:
    """What the templates show: the findings, and what is derived from them, each worked out once."""

    title: str
    schema: Schema
    findings: Findings

    @cached_property
    def colours(self) -> Mapping[str, str]:
        """The colour of each label."""
        return {label.name: label.color for label in self.schema.labels}

    @cached_property
    def headline_numbers(self) -> Sequence[HeadlineNumber]:
        """The numbers at the head of the page."""
        return list_headline_numbers(self.findings)

    @cached_property
    def annotators(self) -> Mapping[str, Counter[str]]:
        """What each person did."""
        return count_by_annotator(self.findings.annotations)

    @cached_property
    def label_counts(self) -> Mapping[str, Counter[str]]:
        """Gold spans by label and split."""
        return count_labels(self.schema, self.findings)

    @cached_property
    def groups_by_label(self) -> Mapping[str, int]:
        """In how many leak groups a label has a span."""
        return shared_text.count_groups_by_label(self.findings.gold, self.findings.group_of)

    @cached_property
    def groups_by_split(self) -> Mapping[str, int]:
        """How many leak groups a split has; ``all`` of them together, and ``none`` those without a place."""
        # The table has a column for every split, with or without articles.
        articles = {name: list[str]() for name in ("all", *SPLITS, "none")}
        for name, split in self.findings.split_of.items():
            articles["all"].append(name)
            articles[split].append(name)
        return {split: shared_text.count_groups(names, self.findings.group_of) for split, names in articles.items()}

    @cached_property
    def score_rows(self) -> Sequence[ScoreRow]:
        """The table of scores."""
        return [*list_score_rows(self.findings.scores)]

    @cached_property
    def gain(self) -> float | None:
        """What the last step of the learning curve brought."""
        return learning_curve.measure_gain(self.findings.curve.points) if self.findings.curve else None

    @cached_property
    def disputes(self) -> Sequence[Dispute]:
        """The open conflicts."""
        return [*list_disputes(self.findings)]

    @cached_property
    def highlighted(self) -> Sequence[HighlightedArticle]:
        """The first gold articles, their spans marked."""
        return [*highlight_articles(self.findings)]

    @cached_property
    def families(self) -> Sequence[LeakGroup]:
        """Leak groups of several articles."""
        return [group for group in self._leak_groups if group.articles > 1]

    @cached_property
    def singles(self) -> Sequence[GroupMember]:
        """Articles that share text with no other."""
        return [group.stories[0][0] for group in self._leak_groups if group.articles == 1]

    @cached_property
    def pairs(self) -> Sequence[ArticlePair]:
        """Pairs of articles that share text, to be shown side by side."""
        findings = self.findings
        return shared_text.align_pairs(
            shared_text.choose_pairs(findings), findings.articles, findings.split_of, findings.words
        )

    @cached_property
    def random_splits(self) -> Mapping[tuple[str, str], str]:
        """Between which splits a random split would have put a pair."""
        worst = self.findings.leakage.random_split.worst if self.findings.leakage else ()
        return {(shared.one, shared.other): f"{shared.one_split} and {shared.other_split}" for shared in worst}

    @cached_property
    def savings(self) -> Sequence[SourceSaving]:
        """What annotating once saved, by annotated article."""
        return compute_savings(self.findings.projected, self.findings.gold)

    @cached_property
    def _leak_groups(self) -> Sequence[LeakGroup]:
        findings = self.findings
        return shared_text.list_leak_groups(findings.clusters, findings.articles, findings.split_of)


def render_report(title: str, schema: Schema, findings: Findings) -> str:
    """The page, as HTML.

    Args:
        title: The project's name.
        schema: Gives the order and colours of labels.
        findings: What the workspace knows so far; a section without data names the verb that brings it.
    """
    from labeling.corpora.targets.available import TARGETS

    # Strict: a name that a template misspells is an error, not an empty cell.
    environment = make_template_environment("labeling.report", html=True, undefined=_UNDEFINED)
    return environment.get_template("report.html.j2").render(
        page=ReportPage(title, schema, findings),
        findings=findings,
        target_titles={target.name: target.title for target in TARGETS},
        splits=SPLITS,
        most_savings=_MOST_SAVINGS,
        most_differences=_MOST_DIFFERENCES,
        most_singles=_MOST_SINGLES,
    )


def list_headline_numbers(findings: Findings) -> list[HeadlineNumber]:
    """The numbers at the head of the page, in the order of the journey."""
    # Before `cluster` has run there is nothing to tell of groups.
    groups = {row.leak_group for row in findings.clusters}
    stories = {row.story for row in findings.clusters}
    annotators = {annotation.annotator for annotation in findings.annotations}
    spans = sum(len(gold.spans) for gold in findings.gold)
    numbers = [HeadlineNumber("articles", len(findings.articles), f"{len(findings.rejects)} refused in the last run")]
    if groups:
        numbers.append(HeadlineNumber("leak groups", len(groups), f"{len(stories)} stories: what articles are worth"))
    return [
        *numbers,
        HeadlineNumber("annotations", len(findings.annotations), f"by {len(annotators)} annotators"),
        HeadlineNumber("in quarantine", len(findings.quarantine), _describe_spoken_for(findings)),
        HeadlineNumber("gold spans", spans, f"in {len(findings.gold)} articles"),
        HeadlineNumber("open conflicts", len(findings.conflicts)),
    ]


def _describe_spoken_for(findings: Findings) -> str:
    spoken = sum(row.kind == "spoken for another" for row in findings.quarantine)
    return f"{spoken} annotations spoken for another" if spoken else ""


def count_by_annotator(annotations: Iterable[Annotation]) -> dict[str, Counter[str]]:
    """What each person did: submitted, skipped, draft, and spans in what was submitted."""
    # Skipped and drafted annotations may have spans, which nobody vouches for.
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
    # Labels of the schema first, then those that gold still has from an earlier one.
    table = {label: Counter[str]() for label in schema.label_names}
    for gold in findings.gold:
        for span in gold.spans:
            counts = table.setdefault(span.label, Counter())
            counts["all"] += 1
            counts[findings.split_of.get(gold.article, "none")] += 1
    return table


def list_score_rows(scores: Iterable[Score]) -> Iterable[ScoreRow]:
    """Each annotator's measures: of spans, unless it found only other things, then of relations and of choices."""
    for score in scores:
        # An extractor of relations alone would have a row of zeros for spans.
        if score.exact.micro.predicted or not (score.relations or score.choices):
            yield ScoreRow(score, "spans", score.exact, score.overlapping)
        if score.relations:
            yield ScoreRow(score, "relations", score.relations, score.relations_overlapping)
        if score.choices:
            yield ScoreRow(score, "choices", score.choices)


def percent_or_dash(ratio: float | None) -> str:
    """A ratio as people read it; what is undefined is a dash."""
    return format_percent(ratio, _UNDEFINED)
