"""The page that people look at: twelve answers, then what was measured, lost, leaked and left open, then gold as drawn.

It is one file that needs nothing from elsewhere, so it can be mailed, kept and printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from labeling.corpora.template_environment import make_template_environment
from labeling.evaluation import learning_curve
from labeling.report import shared_text
from labeling.report.charts import page_charts
from labeling.report.facts.answers import (
    ConflictAnswer,
    ForecastAnswer,
    LabelAnswer,
    NextAnswer,
    ProgressAnswer,
    SpeedAnswer,
    WorthAnswer,
)
from labeling.report.facts.facts import Facts
from labeling.report.facts.gold_facts import show_conflict
from labeling.report.facts.people_and_models import ChangeAnswer, ErrorAnswer, QualityAnswer, TrustAnswer, WorkAnswer
from labeling.report.highlight import highlight_articles
from labeling.report.lead_questions import answer_questions
from labeling.report.page_numbers import list_headline_numbers, list_promises
from labeling.report.page_sections import CONTENTS
from labeling.report.tables import (
    agreement_tables,
    change_tables,
    label_tables,
    promise_tables,
    score_tables,
    work_tables,
)
from labeling.report.tables.page_table import DASH
from labeling.reprints.annotate_once import compute_savings
from labeling.values import format_percent
from labeling.workspace.rows.assignment import SPLITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from labeling.report.facts.answers import OpenConflict
    from labeling.report.findings import Findings
    from labeling.report.highlight import HighlightedArticle
    from labeling.report.lead_questions import AnsweredQuestion
    from labeling.report.page_numbers import HeadlineNumber, Promise
    from labeling.report.shared_text import ArticlePair, GroupMember, LeakGroup
    from labeling.reprints.annotate_once import SourceSaving
    from labeling.schema import Schema
    from labeling.workspace.rows.score import Measures, Score

# How much of a long list is shown; the page tells how long it is.
_MOST_STEPS = 30
_MOST_DRAWN = 400  # signs of articles on the map, of groups and of single articles


class ScoreRow(NamedTuple):
    """The measures of what an annotator found of one kind: ``spans``, ``relations`` or ``choices``."""

    score: Score
    what: str
    exact: Measures
    overlapping: Measures | None = None


@dataclass(frozen=True)
class ReportPage:
    """What the templates show: the facts, the findings, and what is derived from them, each worked out once."""

    title: str
    schema: Schema
    findings: Findings
    facts: Facts
    most_steps: int = _MOST_STEPS

    @cached_property
    def questions(self) -> Sequence[AnsweredQuestion]:
        """The twelve questions."""
        return answer_questions(self.facts)

    @cached_property
    def promises(self) -> Sequence[Promise]:
        """The three promises."""
        return [*list_promises(self.findings, self.facts)]

    @cached_property
    def label_names(self) -> Sequence[str]:
        """The labels in the order of the schema."""
        return self.schema.label_names

    @cached_property
    def colours(self) -> Mapping[str, str]:
        """The colour of each label."""
        return {label.name: label.color for label in self.schema.labels}

    @cached_property
    def headline_numbers(self) -> Sequence[HeadlineNumber]:
        """The numbers at the head of the page."""
        return list_headline_numbers(self.findings)

    @cached_property
    def articles_by_split(self) -> Mapping[str, int]:
        """How many articles a split has; ``all`` of them together, and ``none`` those without a place."""
        return {split: len(names) for split, names in self._by_split.items()}

    @cached_property
    def groups_by_split(self) -> Mapping[str, int]:
        """The same of leak groups."""
        groups = self.findings.group_of
        return {split: shared_text.count_groups(names, groups) for split, names in self._by_split.items()}

    @cached_property
    def score_rows(self) -> Sequence[ScoreRow]:
        """The table of scores."""
        return [*list_score_rows(self.findings.scores)]

    @cached_property
    def gain(self) -> float | None:
        """What the last step of the learning curve brought."""
        return learning_curve.measure_gain(self.findings.curve.points) if self.findings.curve else None

    @cached_property
    def conflicts(self) -> Sequence[OpenConflict]:
        """Those that are open."""
        return [show_conflict(self.findings, each) for each in self.findings.conflicts]

    @cached_property
    def highlighted(self) -> Sequence[HighlightedArticle]:
        """The first gold articles, their spans marked."""
        return [*highlight_articles(self.findings)]

    @cached_property
    def families(self) -> Sequence[LeakGroup]:
        """Leak groups of several articles."""
        return [group for group in self._leak_groups if group.articles > 1]

    @cached_property
    def drawn_families(self) -> Sequence[LeakGroup]:
        """The first of them, for so many signs as there is room for; a larger group is not drawn."""
        fitting = [group for group in self.families if group.articles <= _MOST_DRAWN]
        sums = accumulate(group.articles for group in fitting)
        return [group for group, signs in zip(fitting, sums, strict=True) if signs <= _MOST_DRAWN]

    @cached_property
    def singles(self) -> Sequence[GroupMember]:
        """Articles that share text with no other."""
        return [group.stories[0][0] for group in self._leak_groups if group.articles == 1]

    @cached_property
    def drawn_singles(self) -> Sequence[GroupMember]:
        """The first of them."""
        return self.singles[:_MOST_DRAWN]

    @property
    def not_drawn(self) -> str:
        """What of the map is left out, as the end of a sentence."""
        drawn = len(self.drawn_families) + len(self.drawn_singles)
        every = len(self.families) + len(self.singles)
        return f"; {drawn} of them are drawn" if drawn < every else ""

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
    def _by_split(self) -> Mapping[str, Sequence[str]]:
        # The table has a column for every split, with or without articles.
        articles = {name: list[str]() for name in ("all", *SPLITS, "none")}
        for name, split in self.findings.split_of.items():
            articles["all"].append(name)
            articles[split].append(name)
        return articles

    @cached_property
    def _leak_groups(self) -> Sequence[LeakGroup]:
        findings = self.findings
        return shared_text.list_leak_groups(findings.clusters, findings.articles, findings.split_of)


def render_report(title: str, schema: Schema, findings: Findings, facts: Facts | None = None) -> str:
    """The page, as HTML.

    Args:
        title: The project's name.
        schema: Gives the order and colours of labels.
        findings: What the workspace knows so far; a section without data names the verb that brings it.
        facts: The answers to the twelve questions; without them none is answered.
    """
    from labeling.corpora.targets.available import TARGETS

    # Strict: a name that a template misspells is an error, not an empty cell.
    environment = make_template_environment("labeling.report", html=True, undefined=DASH)
    return environment.get_template("report.html.j2").render(
        page=ReportPage(title, schema, findings, facts or answer_nothing()),
        findings=findings,
        contents=CONTENTS,
        charts=page_charts,
        work=work_tables,
        labelled=label_tables,
        measured=score_tables,
        agreed=agreement_tables,
        changed=change_tables,
        promised=promise_tables,
        target_titles={target.name: target.title for target in TARGETS},
        splits=SPLITS,
    )


def answer_nothing() -> Facts:
    """The facts of a workspace of which nothing is known."""
    return Facts(
        project="",
        dataset="",
        how_far=ProgressAnswer(),
        how_fast=SpeedAnswer(),
        when_done=ForecastAnswer(),
        what_next=NextAnswer(),
        which_conflicts=ConflictAnswer(),
        weak_labels=LabelAnswer(),
        more_worth_it=WorthAnswer(),
        test_set=TrustAnswer(),
        who_did_what=WorkAnswer(),
        how_good=QualityAnswer(),
        model_errors=ErrorAnswer(),
        changes=ChangeAnswer(),
    )


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
    return format_percent(ratio, DASH)
