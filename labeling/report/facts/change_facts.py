"""The question of what changed since a dataset, a release, scores, a report or a workspace of before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.corpora.release.dataset_changes import compare_datasets
from labeling.corpora.release.release import read_dataset_lines
from labeling.evaluation.compared_scores import compare_scores
from labeling.report.facts.answers import Gap
from labeling.report.facts.cast import list_in_words
from labeling.report.facts.people_and_models import ArticleChanges, ChangeAnswer, NumberChange

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from labeling.corpora.release.dataset_changes import DatasetChanges
    from labeling.report.facts.earlier import Earlier
    from labeling.report.facts.source import FactSource
    from labeling.workspace.rows.agreements import Agreement
    from labeling.workspace.rows.assignment import Leakage
    from labeling.workspace.rows.score import Score
    from labeling.workspace.rows.score_comparison import ScoreComparison

_NAME_ONE = "labeling report --against OLD"


def tell_changes(source: FactSource, earlier: Sequence[Earlier]) -> ChangeAnswer:
    """What changed since what was named; of several that know a thing the first counts.

    Raises:
        CorpusChanged: A dataset or a release is not what it was.
    """
    if not earlier:
        return ChangeAnswer(gaps=(Gap(why="nothing of before was named to compare with", command=_NAME_ONE),))
    datasets, scores = _compare_gold(source, earlier), _compare_measured(source, earlier)
    numbers = (*_list_gold_numbers(datasets), *_list_measured_numbers(source, earlier))
    return ChangeAnswer(
        sentence=_describe_changes(datasets, scores),
        gaps=(*_list_change_gaps(source, earlier), *_list_refusals(scores)),
        against=tuple(each.name for each in earlier),
        articles=_show_articles(datasets) if datasets else None,
        numbers=numbers,
        scores=scores,
    )


def _compare_gold(source: FactSource, earlier: Sequence[Earlier]) -> DatasetChanges | None:
    lines = next((each.lines for each in earlier if each.lines), None)
    if lines is None or not source.findings.corpus:
        return None
    return compare_datasets(lines(), read_dataset_lines(source.workspace.latest))


def _compare_measured(source: FactSource, earlier: Sequence[Earlier]) -> ScoreComparison | None:
    found = next((each for each in earlier if each.scores), None)
    if found is None or found.scores is None or not source.shown.scores:
        return None
    before = found.scores if found.is_called else dict(_call_scores(source, found.scores))
    return compare_scores(before, {score.annotator: score for score in source.shown.scores})


def _call_scores(source: FactSource, scores: Mapping[str, Score]) -> Iterator[tuple[str, Score]]:
    for name, score in scores.items():
        called = source.cast.call(name)
        yield called, score.model_copy(update={"annotator": called})


def _show_articles(found: DatasetChanges) -> ArticleChanges:
    return ArticleChanges(
        came=found.came,
        went=found.went,
        other_text=found.other_text,
        other_gold=found.other_gold,
        other_split=found.other_split,
    )


def _list_gold_numbers(found: DatasetChanges | None) -> Iterator[NumberChange]:
    if found is None:
        return
    for name in sorted({*found.before, *found.now}):
        yield NumberChange(what=f"gold: {name}", before=found.before.get(name, 0), now=found.now.get(name, 0))


def _list_measured_numbers(source: FactSource, earlier: Sequence[Earlier]) -> Iterator[NumberChange]:
    """Agreement and leakage, as far as they were measured before."""
    agreement = next((each.agreement for each in earlier if each.agreement), None)
    leakage = next((each.leakage for each in earlier if each.leakage), None)
    before = _measure_agreed(agreement) | _count_leaks(leakage)
    now = _measure_agreed(source.shown.agreement) | _count_leaks(source.shown.leakage)
    for what, value in before.items():
        yield NumberChange(what=what, before=value, now=now.get(what), percent="F1" in what)


def _measure_agreed(agreement: Agreement | None) -> dict[str, float | None]:
    group = agreement.group if agreement else None
    if group is None:
        return {}
    found = {f"agreement: F1, {rule}": measured.all.value for rule, measured in group.spans.items()}
    return found | ({"agreement: alpha_U": group.unitizing.all.value} if group.unitizing else {})


def _count_leaks(leakage: Leakage | None) -> dict[str, float | None]:
    if leakage is None:
        return {}
    return {
        "leakage: passages in two splits": leakage.shared_passages_across_splits,
        "leakage: boilerplate in two splits": leakage.boilerplate_across_splits,
        "leakage: near duplicates in test": sum(
            each.near for each in leakage.splits.overlaps if each.other == "test" and each.one == "train"
        ),
    }


def _describe_changes(datasets: DatasetChanges | None, scores: ScoreComparison | None) -> str:
    told = list(_describe_articles(datasets)) if datasets else []
    for each in scores.changes if scores else ():
        if each.f1.gain is not None:
            between = ""
            if each.f1.interval:
                between = " ({:+.1f} to {:+.1f})".format(*(100 * end for end in each.f1.interval))
            told.append(f"{each.now} gained {100 * each.f1.gain:+.1f} F1{between}")
    return f"{'; '.join(told)}." if told else ""


def _describe_articles(found: DatasetChanges) -> Iterator[str]:
    counted = {
        "came": found.came,
        "went": found.went,
        "have another text": found.other_text,
        "have other gold": found.other_gold,
        "are in another split": found.other_split,
    }
    parts = [f"{len(names)} {what}" for what, names in counted.items() if names]
    yield f"of the dataset's articles {list_in_words(parts)}" if parts else "no article of the dataset has changed"


def _list_refusals(scores: ScoreComparison | None) -> Iterator[Gap]:
    """Why scores that are there cannot be compared."""
    if scores and scores.refused:
        yield Gap(why=scores.refused, command="labeling evaluate")


def _list_change_gaps(source: FactSource, earlier: Sequence[Earlier]) -> Iterator[Gap]:
    """What cannot be compared, because it is not known now or was not known before."""
    report = "labeling report --against REPORT.json"
    if not any(each.lines for each in earlier):
        yield Gap(why="none of what was named holds gold of before", command="labeling report --against DATASET")
    elif not source.findings.corpus:
        yield Gap(why="there is no dataset of now", command="labeling compile")
    if not any(each.scores for each in earlier):
        yield Gap(why="none of what was named holds scores of before", command=report)
    elif not source.shown.scores:
        yield Gap(why="there are no scores of now", command="labeling evaluate")
    if not any(each.agreement for each in earlier):
        yield Gap(why="none of what was named holds agreement of before", command=report)
    elif source.shown.agreement is None:
        yield Gap(why="agreement of now was not measured", command="labeling agree")
    if not any(each.leakage for each in earlier):
        yield Gap(why="none of what was named holds leakage of before", command=report)
    elif source.shown.leakage is None:
        yield Gap(why="leakage of now was not measured", command="labeling split")
