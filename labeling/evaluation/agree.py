"""Front door of ``labeling agree``: first words -> ``agreement.json``, how far people agree with each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from labeling.evaluation.agreement.measure_agreement import measure_agreement, measure_groups
from labeling.evaluation.agreement.pair_counts import count_pairs
from labeling.evaluation.agreement.submitted import choose_first_words, find_submitted, keep_doubly_annotated
from labeling.evaluation.agreement.views import (
    add_models,
    find_names,
    find_suggested,
    measure_beside,
    measure_beside_gold,
    measure_by_suggestions,
    measure_own_words,
)
from labeling.evaluation.resampling import BOOTSTRAP
from labeling.evaluation.scores import ScoredArticle
from labeling.workspace.asking import Asking
from labeling.workspace.custody import keep_custody
from labeling.workspace.grouping import read_leak_groups
from labeling.workspace.journal import load_journal
from labeling.workspace.names_of_today import rename_annotation
from labeling.workspace.rows.agreements import FirstWordsCount
from labeling.workspace.storage import file_digest
from labeling.workspace.task_urls import list_task_urls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from labeling.annotations import Annotation
    from labeling.articles import Article
    from labeling.evaluation.agreement.submitted import SubmittedArticle
    from labeling.evaluation.resampling import Bootstrap
    from labeling.project import Project
    from labeling.workspace.rows.agreements import Agreement, GroupAgreement
    from labeling.workspace.rows.first_submission import KeptBy

    # The words of one annotator on two reprints, both moved to one text.
    FindOwnReprints: TypeAlias = Callable[[Project, Sequence[SubmittedArticle]], Iterable[ScoredArticle]]


@dataclass(frozen=True)
class AgreeResult:
    """How many articles two or more people submitted; F1 of each two of them, by rule; alpha of each choice.

    ``spoken_for_another`` counts annotations whose words are left out, because they are signed by one person and have
    words of another; what that person was seen to say first counts all the same.
    ``first_words`` counts first submissions by who kept them, and those changed since. Of ``settled``, ``suggestions``,
    ``models``, ``adjudicators``, ``gold_questions`` and ``reprints``, each has F1 by rule, by who is compared;
    ``unitizing`` has alpha_U. Numbers are rounded to four decimals; ``agreement.json`` has all of them.
    """

    articles: int
    annotators: tuple[str, ...]
    f1: dict[str, dict[str, float | None]]
    choices: dict[str, float | None]
    spoken_for_another: int = 0
    measured_on: str = ""
    first_words: dict[str, int] = field(default_factory=dict)
    unitizing: dict[str, float | None] = field(default_factory=dict)
    settled: dict[str, dict[str, float | None]] = field(default_factory=dict)
    suggestions: dict[str, dict[str, float | None]] = field(default_factory=dict)
    models: dict[str, dict[str, float | None]] = field(default_factory=dict)
    adjudicators: dict[str, dict[str, float | None]] = field(default_factory=dict)
    gold_questions: dict[str, dict[str, float | None]] = field(default_factory=dict)
    reprints: dict[str, dict[str, float | None]] = field(default_factory=dict)


def agree(
    project: Project, find_own_reprints: FindOwnReprints | None = None, bootstrap: Bootstrap = BOOTSTRAP
) -> AgreeResult:
    """Measure agreement on first words, into ``agreement.json``.

    What somebody changed after the first submission changes no number but those that are called settled: two who have
    talked agree. A workspace without ``first.jsonl``, as before any pull wrote it, or where nothing was pulled, is
    measured on its annotations. Adjudicators of the project file have seen the readers' words: they are no readers.

    Args:
        project: The project.
        find_own_reprints: Finds each reader's words on two reprints; without it, nobody is compared with themselves.
            `labeling agree` gives `labeling.reprints.own_reprints.find_own_reprints`.
        bootstrap: Resamples and seed of the intervals.

    Raises:
        MissingInput: Nothing was ingested or pulled.
        TooFewAnnotators: No article was submitted by two people.
        Altered: A file that it reads is not as it was left.
        DamagedFile: A file has a line that is not a row of it, or an annotation's time cannot be read.
    """
    workspace = project.workspace
    people = project.file.people
    # Where first words are gone, annotations are not what takes their place.
    said = (workspace.first, workspace.measured, workspace.annotations, workspace.quarantine)
    asked = (workspace.asked, workspace.imported, workspace.kept, workspace.users, workspace.assignments)
    compared = (workspace.gold,) if people and people.gold_questions else ()
    reprints = (workspace.passages,) if find_own_reprints else ()
    reads = (workspace.articles, workspace.clusters, *said, *asked, *compared, *reprints)
    with (
        workspace.opened(),
        # Gold of before is what its readers were compared with.
        keep_custody(workspace, "agree", reads=reads, writes=(workspace.agreement,), stale=False),
    ):
        agreement = _Measuring(project, bootstrap).measure(find_own_reprints)
        workspace.agreement.write(agreement)
        spoken = sum(row.kind == "spoken for another" for row in workspace.quarantine.rows_if_written())
    return _summarise_agreement(agreement, spoken)


class _Measuring:
    """What is read once, and measured from several sides."""

    def __init__(self, project: Project, bootstrap: Bootstrap) -> None:
        self.project, self.workspace = project, project.workspace
        self.schema, self.bootstrap = project.schema, bootstrap
        workspace = self.workspace
        self.articles: Mapping[str, Article] = workspace.articles.by("id")
        self.groups = read_leak_groups(workspace)
        self.asking = Asking(self.schema, workspace.asked.rows_if_written(), workspace.imported.rows_if_written())
        users = workspace.users.value_if_written()
        self.users = users.emails if users else {}
        people = project.file.people
        self.adjudicators = find_names(self.users, people.adjudicators if people else ()).keys()
        self.kept_by: dict[tuple[str, str], KeptBy] = {}

    def measure(self, find_own_reprints: FindOwnReprints | None) -> Agreement:
        """Everything that can be measured."""
        workspace, schema, bootstrap = self.workspace, self.schema, self.bootstrap
        on_first = workspace.first.exists()
        # The words of everybody are held in memory; their articles are read one at a time.
        submitted = list(self._read(self._read_first_words() if on_first else workspace.annotations.rows()))
        readers = [each for each in map(self._without_adjudicators, submitted) if each.submissions]
        doubly = list(keep_doubly_annotated(readers))
        links = list_task_urls(workspace)
        found = measure_agreement(doubly, schema, file_digest(workspace.measured.path), bootstrap, links)
        beside, models = add_models(readers, workspace.suggestions.rows_if_written())
        today = list(self._read(workspace.annotations.rows())) if on_first and workspace.annotations.exists() else []
        own = find_own_reprints(self.project, readers) if find_own_reprints else ()
        further = {
            "measured_on": "first submissions" if on_first else "annotations",
            "first_words": self._count_first_words(doubly, today) if on_first else None,
            "settled": tuple(self._measure_settled(today)),
            "settled_on": file_digest(workspace.annotations.path) if today else "",
            "suggestions": measure_by_suggestions(doubly, self._suggested(), schema, bootstrap),
            "models": tuple(measure_beside(beside, models, schema, bootstrap)),
            "adjudicators": tuple(measure_beside(submitted, self.adjudicators, schema, bootstrap)),
            "gold_questions": tuple(measure_beside_gold(self._find_answers(readers), schema, bootstrap)),
            "reprints": tuple(measure_own_words(own, schema, bootstrap)),
        }
        return found.model_copy(update=further)

    def _read(self, rows: Iterable[Annotation]) -> Iterator[SubmittedArticle]:
        return find_submitted(rows, self.articles, self.groups, self.asking)

    def _read_first_words(self) -> Iterator[Annotation]:
        """What each annotator said first of each text, in the names of today."""
        for first in choose_first_words(self.workspace.first.rows()):
            self.kept_by[first.article, first.annotator] = first.kept_by
            yield rename_annotation(first.annotation, self.schema)

    def _without_adjudicators(self, submitted: SubmittedArticle) -> SubmittedArticle:
        return submitted.keep(submitted.submissions.keys() - self.adjudicators)

    def _count_first_words(
        self, doubly: Sequence[SubmittedArticle], today: Sequence[SubmittedArticle]
    ) -> FirstWordsCount:
        now = {(each.article.id, by): _words(said) for each in today for by, said in each.submissions.items()}
        first = {(each.article.id, by): _words(said) for each in doubly for by, said in each.submissions.items()}
        kept = [self.kept_by[key] for key in first]
        return FirstWordsCount(
            submissions=len(first),
            layer=kept.count("layer"),
            pull=kept.count("pull"),
            imported=kept.count("import"),
            changed=sum(now.get(key) != words for key, words in first.items()),
        )

    def _measure_settled(self, today: Sequence[SubmittedArticle]) -> list[GroupAgreement]:
        doubly = list(keep_doubly_annotated(map(self._without_adjudicators, today)))
        counts = count_pairs(doubly, self.schema)
        return measure_groups(doubly, counts, self.schema, self.bootstrap) if doubly else []

    def _suggested(self) -> Callable[[Annotation], bool | None]:
        """Whether a model's suggestions were before an annotator's eyes; None where it is not known."""
        pushed = load_journal(self.workspace.pushed.path)
        return find_suggested(self.workspace.kept.rows_if_written(), self.users, pushed)

    def _find_answers(self, readers: Sequence[SubmittedArticle]) -> Iterator[ScoredArticle]:
        people = self.project.file.people
        if not people or not people.gold_questions or not self.workspace.gold.exists():
            return
        rows = [row for row in self.workspace.assignments.rows_if_written() if row.part == "gold question"]
        asked = {(row.article, row.reader) for row in rows}
        names = find_names(self.users, {row.reader for row in rows})
        gold = {
            each.article: each for each in self.workspace.gold.rows() if each.article in {row.article for row in rows}
        }
        for each in readers:
            settled = gold.get(each.article.id)
            if settled and settled.usable and settled.digest == each.article.digest:
                for by, said in each.submissions.items():
                    if (each.article.id, names.get(by, by)) in asked:
                        yield ScoredArticle(each.article, each.leak_group, settled, said, each.silence[by])


def _words(annotation: Annotation) -> tuple[object, ...]:
    """All that an annotation says, whatever its spans are called."""
    places = {span.id: (span.start, span.end, span.label) for span in annotation.spans}
    relations = {(places.get(each.head), each.label, places.get(each.tail)) for each in annotation.relations}
    choices = {(name, option) for name, chosen in annotation.choices.items() for option in chosen}
    return frozenset(places.values()), frozenset(relations), frozenset(choices)


def _summarise_agreement(agreement: Agreement, spoken_for_another: int) -> AgreeResult:
    further = (
        agreement.settled,
        agreement.models,
        agreement.adjudicators,
        agreement.gold_questions,
        agreement.reprints,
    )
    settled, models, adjudicators, gold_questions, reprints = map(_name_f1, further)
    first = agreement.first_words
    return AgreeResult(
        articles=agreement.articles,
        annotators=agreement.annotators,
        f1={
            f"{pair.one} and {pair.other}": {
                measures.rule: _round(measures.micro.f1)
                for measures in (pair.score.exact, pair.score.position, pair.score.overlapping)
            }
            for pair in agreement.pairs
        },
        choices={name: _round(value) for name, value in agreement.choices.items()},
        spoken_for_another=spoken_for_another,
        measured_on=agreement.measured_on,
        first_words=first.model_dump() if first else {},
        unitizing={
            name_group(each): _round(each.unitizing.all.value if each.unitizing else None)
            for each in list_groups(agreement.group, agreement.by_pair)
        },
        settled=settled,
        suggestions={name: _round_f1(each) for name, each in agreement.suggestions.items()},
        models=models,
        adjudicators=adjudicators,
        gold_questions=gold_questions,
        reprints=reprints,
    )


def name_group(group: GroupAgreement) -> str:
    """Who is compared, in words: ``ana and ben``; one alone is compared with themselves."""
    *others, last = group.annotators
    return f"{', '.join(others)} and {last}" if others else last


def list_groups(whole: GroupAgreement | None, pairs: Sequence[GroupAgreement]) -> list[GroupAgreement]:
    """All annotators together and each pair of them, but for a group that is a pair."""
    everybody = [whole] if whole and len(whole.annotators) > 2 else []  # noqa: PLR2004 - a pair
    return [*everybody, *pairs]


def _name_f1(groups: Iterable[GroupAgreement]) -> dict[str, dict[str, float | None]]:
    return {name_group(each): _round_f1(each) for each in groups}


def _round_f1(group: GroupAgreement) -> dict[str, float | None]:
    return {rule: _round(each.all.value) for rule, each in group.spans.items()}


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
