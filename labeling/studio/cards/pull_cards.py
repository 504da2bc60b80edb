"""The answers on cards on their way home: fetched, kept as they came, and made ``decisions.jsonl``."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from labeling.adjudication.adjudicate import read_adjudication_rules
from labeling.adjudication.gold import reconcile_annotations
from labeling.adjudication.gold_in_doubt import pose_doubt
from labeling.adjudication.word_decisions import list_word_decisions
from labeling.annotations import CARD_DEFECTS
from labeling.reprints.annotate_once import ReprintCorpus
from labeling.reprints.inherited_decisions import renew_inherited
from labeling.studio.cards.article_replies import ArticleJudge
from labeling.studio.cards.card_archive import keep_cards, thin_cards
from labeling.studio.cards.card_question import CardQuestion
from labeling.studio.cards.card_replies import CardReader
from labeling.studio.cards.card_settling import CardJudge, join_settlements
from labeling.studio.cards.card_task import doubt_of
from labeling.studio.sync.closed_plan import find_further_project, list_adjudicators
from labeling.studio.sync.project_link import read_link
from labeling.workspace.annotator_names import annotator_names

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    from labeling.adjudication.gold_in_doubt import AskedDoubt
    from labeling.annotations import QuarantineRow
    from labeling.project import Project
    from labeling.studio.api.client import Studio
    from labeling.studio.cards.card_settling import CardSettlement
    from labeling.workspace.rows.decision_row import Decision
    from labeling.workspace.rows.server_state import FurtherProject


@dataclass(frozen=True)
class CardTally:
    """What a pull brought of cards and whole articles: decisions ``new``, ``changed`` and ``withdrawn``, and all.

    ``to_article`` counts answers that the whole article has to be read; ``outdated`` has a sentence for each answer
    to a question that is no more, ``differing`` one for each conflict on which adjudicators differ.
    ``quarantined`` counts the answers that decide nothing, by kind; ``kept`` names the file of the server's answer.
    """

    decisions: int
    new: int
    changed: int
    withdrawn: int
    to_article: int
    outdated: tuple[str, ...]
    differing: tuple[str, ...]
    quarantined: dict[str, int]
    kept: str


@dataclass(frozen=True)
class FetchedCards:
    """All cards of a project as its server has them, and all whole articles; and who is who there.

    ``created`` and ``articles_created`` are when the two projects were made; "" for one that is not there.
    """

    tasks: tuple[Mapping[str, Any], ...]
    users: tuple[tuple[int, str], ...]
    created: str
    articles: tuple[Mapping[str, Any], ...] = ()
    articles_created: str = ""

    @property
    def reader(self) -> CardReader:
        """What reads the answers in them."""
        return CardReader(annotator_names(self.users), dict(self.users))

    @property
    def doubts(self) -> list[AskedDoubt]:
        """What cards ask that are not about conflicts."""
        asked = (doubt_of(task["data"]) for task in self.tasks if isinstance(task.get("data"), dict))
        return [doubt for doubt in asked if doubt]


def fetch_cards(project: Project, studio: Studio) -> FetchedCards | None:
    """All cards and whole articles with their answers; None where there are no such projects.

    Of one that is gone is said so.

    Raises:
        StudioError: The server did not do what was asked.
    """
    link = read_link(project.workspace)
    cards = _fetch_answers(project, studio, link.cards, "cards")
    articles = _fetch_answers(project, studio, link.articles, "whole articles")
    if cards is None and articles is None:
        return None
    since = [known.created if known else "" for known in (link.cards, link.articles)]
    return FetchedCards(cards or (), tuple(studio.users()), since[0], articles or (), since[1])


def _fetch_answers(
    project: Project, studio: Studio, known: FurtherProject | None, what: str
) -> tuple[Mapping[str, Any], ...] | None:
    """The tasks of a further project as its server has them, by number; None where it is not there."""
    if known is None:
        return None
    if find_further_project(studio, known) is None:
        project.workspace.say(
            f"The project of {what}, {known.project}, is not at {studio.url} any more: what was decided there "
            "stays, and `labeling cards` makes another one for what is open."
        )
        return None
    tasks = [task for task in studio.export(known.project) if isinstance(task, dict)]
    return tuple(sorted(tasks, key=lambda task: int(str(task["id"]))))


def bring_decisions(project: Project, cards: FetchedCards, instant: dt.datetime) -> CardTally:
    """Read the answers of adjudicators into ``decisions.jsonl``, and what decides nothing into quarantine.

    What people annotated must have been read before: an answer counts while its question is open.

    Raises:
        NoRoom: The disk is full.
        DamagedFile: A line of a file is not such a row.
    """
    workspace = project.workspace
    kept = keep_cards(workspace.pulls, instant, [dict(task) for task in (*cards.tasks, *cards.articles)])
    known = list(workspace.decisions.rows_if_written())
    adjudicators = frozenset(email.casefold() for email in list_adjudicators(project))
    judge = CardJudge(cards.reader, adjudicators, _ask_workspace(project, cards.doubts), cards.created)
    settled = judge.settle(cards.tasks, known)
    of_articles = ArticleJudge(
        cards.reader, adjudicators, workspace.articles.by("id"), project.schema, cards.articles_created
    )
    settled = join_settlements(settled, of_articles.settle(cards.articles, settled.decisions))
    _write_quarantine(project, settled.quarantine)
    decisions = settled.decisions
    if settled.new or settled.changed or settled.withdrawn:
        decisions = _renew_inherited_ones(project, decisions)
    if decisions or workspace.decisions.exists():
        workspace.decisions.write(decisions)
    return _tally(settled, kept)


def thin_cards_kept(project: Project, instant: dt.datetime) -> list[str]:
    """Remove answers that were kept long enough; the names of their files."""
    return thin_cards(project.workspace.pulls, instant)


def _renew_inherited_ones(project: Project, decisions: list[Decision]) -> list[Decision]:
    """The decisions, and what reprints inherit of them, where it is known which articles share words."""
    workspace = project.workspace
    if not (workspace.clusters.exists() and workspace.passages.exists()):
        return decisions
    shared = [*workspace.clusters.rows()], [*workspace.passages.rows()]
    press = ReprintCorpus(workspace.articles.by("id"), *shared, project.file.passages.words)
    rules = replace(read_adjudication_rules(project), decisions=decisions)
    implied = list_word_decisions(workspace.annotations.rows, press.articles, rules)
    return renew_inherited(decisions, press, implied)


def _ask_workspace(
    project: Project, doubts: Sequence[AskedDoubt]
) -> Callable[[str, Sequence[Decision]], Mapping[str, CardQuestion]]:
    """What is open in an article, by what was pulled of it, and by some decisions; and which doubts are current."""
    workspace, labels = project.workspace, project.schema.label_names
    articles, said = workspace.articles.by("id"), workspace.annotations.grouped_by("article")
    rules = read_adjudication_rules(project)

    def find_open(article: str, decisions: Sequence[Decision]) -> Mapping[str, CardQuestion]:
        if article not in articles:
            return {}
        decided = replace(rules, decisions=[each for each in decisions if each.article == article])
        outcome = reconcile_annotations(said.get(article, ()), (), {article: articles[article]}, decided)
        gold = next(iter(outcome.gold), None)
        posed = (pose_doubt(each, articles[article], gold, labels) for each in doubts if each.article == article)
        questions = (*outcome.conflicts, *(each for each in posed if each))
        return {each.id: CardQuestion(each, articles[article], project.schema) for each in questions}

    return find_open


def _write_quarantine(project: Project, found: Sequence[QuarantineRow]) -> None:
    """Let quarantine have the answers that decide nothing, in place of those of the last pull."""
    quarantine = project.workspace.quarantine
    others = [row for row in quarantine.rows_if_written() if row.kind not in CARD_DEFECTS]
    quarantine.write([*others, *found])


def _tally(settled: CardSettlement, kept: str) -> CardTally:
    return CardTally(
        decisions=len(settled.decisions),
        new=settled.new,
        changed=settled.changed,
        withdrawn=settled.withdrawn,
        to_article=settled.to_article,
        outdated=tuple(
            f"{row.annotator} on {row.article}: {row.reason}"
            for row in settled.quarantine
            if row.kind == "outdated card"
        ),
        differing=settled.differing,
        quarantined=dict(sorted(Counter(row.kind for row in settled.quarantine).items())),
        kept=kept,
    )
