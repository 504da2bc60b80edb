"""The questions of how good each is, and where the model is wrong."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from labeling.annotations import MODEL
from labeling.report.facts.answers import DisputedReading, Gap
from labeling.report.facts.cast import tell_number
from labeling.report.facts.people_and_models import ErrorAnswer, ModelError, PersonQuality, QualityAnswer
from labeling.report.surroundings import quote_after, quote_before
from labeling.values import format_percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from labeling.articles import Article
    from labeling.report.facts.source import FactSource
    from labeling.workspace.rows.agreements import Agreement, Coefficient, GroupAgreement
    from labeling.workspace.rows.mistake import Mistake, MistakenSpan
    from labeling.workspace.rows.score import Score


def tell_quality(source: FactSource) -> QualityAnswer:
    """How good is each."""
    agreement, scores = source.shown.agreement, source.shown.scores
    reliance = source.workspace.reliance.value_if_written()
    models = tuple(score for score in scores if score.annotator.startswith(MODEL))
    gaps = []
    if agreement is None:
        gaps.append(Gap(why="how far readers agree was not measured", command="labeling agree"))
    elif source.shown.agreement_stale:
        gaps.append(Gap(why="words came since agreement was measured", command="labeling agree"))
    elif agreement.group is None and len(agreement.annotators) > 1:
        gaps.append(
            Gap(why="agreement was measured without intervals, by an earlier version", command="labeling agree")
        )
    if not models:
        gaps.append(Gap(why="no model was scored", command=_find_model_verb(source)))
    people = {score.annotator: score for score in scores if not score.annotator.startswith(MODEL)}
    told = [*_describe_agreement(agreement), *(_describe_model(score) for score in models[:1])]
    return QualityAnswer(
        sentence=f"{'; '.join(told)}." if told else "",
        gaps=tuple(gaps),
        people=tuple(_list_qualities(agreement, people)),
        models=models,
        assisted=reliance.assisted if reliance else None,
        unassisted=reliance.unassisted if reliance else None,
    )


def _find_model_verb(source: FactSource) -> str:
    """What brings a score: a dataset, a model of it, its evaluation."""
    if not source.findings.corpus:
        return "labeling compile"
    has_somebody = source.findings.scores or any(source.workspace.models.glob("[!.]*/"))
    return "labeling evaluate" if has_somebody else "labeling train"


def _describe_agreement(agreement: Agreement | None) -> Iterator[str]:
    if agreement and agreement.group and (f1 := _exact_f1(agreement.group)) and f1.value is not None:
        yield f"Readers agree with F1 {_describe_coefficient(f1)}"


def _describe_model(score: Score) -> str:
    return f"{score.annotator} has F1 {format_percent(score.exact.micro.f1)} ({score.exact.micro.interval_text})"


def _describe_coefficient(found: Coefficient) -> str:
    if found.interval is None:
        return format_percent(found.value)
    low, high = found.interval
    return f"{format_percent(found.value)} ({format_percent(low)} to {format_percent(high)})"


def _exact_f1(group: GroupAgreement) -> Coefficient | None:
    return group.spans["exact"].all if "exact" in group.spans else None


def _list_qualities(agreement: Agreement | None, scores: dict[str, Score]) -> Iterator[PersonQuality]:
    """What is known of each person, by name."""
    views = {
        name: _collect_view(getattr(agreement, name)) if agreement else {}
        for name in ("by_pair", "adjudicators", "gold_questions", "reprints", "models")
    }
    # Two who are compared are both readers; in the other views the reader comes first.
    pairs = views["by_pair"]
    others = defaultdict[str, dict[str, "Coefficient"]](dict)
    for (one, other), found in ((key, found) for key, found in pairs.items() if len(key) > 1):
        others[one][other] = others[other][one] = found
    beside = {name: _group_by_reader(views[name]) for name in ("adjudicators", "models")}
    alone = {name: {key[0]: found for key, found in views[name].items()} for name in ("gold_questions", "reprints")}
    names = {*scores, *others, *alone["gold_questions"], *alone["reprints"], *beside["adjudicators"], *beside["models"]}
    if agreement:
        names |= set(agreement.annotators)
    for name in sorted(names):
        yield PersonQuality(
            person=name,
            others=dict(sorted(others.get(name, {}).items())),
            adjudicators=beside["adjudicators"].get(name, {}),
            gold_questions=alone["gold_questions"].get(name),
            reprints=alone["reprints"].get(name),
            models=beside["models"].get(name, {}),
            score=scores.get(name),
        )


def _collect_view(groups: Iterable[GroupAgreement]) -> dict[tuple[str, ...], Coefficient]:
    return {group.annotators: f1 for group in groups if (f1 := _exact_f1(group)) is not None}


def _group_by_reader(view: dict[tuple[str, ...], Coefficient]) -> dict[str, dict[str, Coefficient]]:
    """What is known of each reader beside each model or adjudicator, whichever of the two is named first."""
    table = defaultdict[str, dict[str, "Coefficient"]](dict)
    for (one, other), found in view.items():
        table[one][other] = found
    return table


def tell_errors(source: FactSource) -> ErrorAnswer:
    """Where is the model wrong."""
    if not source.workspace.mistakes.exists():
        return ErrorAnswer(gaps=(Gap(why="mistakes of models were not listed", command=_find_model_verb(source)),))
    mistakes = list(source.workspace.mistakes.rows())
    kinds, labels = defaultdict[str, Counter[str]](Counter), defaultdict[str, Counter[str]](Counter)
    for each in mistakes:
        name = source.cast.call(each.annotator)
        kinds[name][each.kind] += 1
        labels[name].update({span.label for span in (each.gold, each.predicted) if span})
    best = source.best_model.annotator if source.best_model else ""
    told = [f"{count} {kind}" for kind, count in kinds[best].most_common()] if best in kinds else []
    return ErrorAnswer(
        sentence=f"{best} makes {tell_number(kinds[best].total(), 'mistake')}: {', '.join(told)}." if told else "",
        gaps=() if mistakes else (Gap(why="nobody who was scored makes a mistake"),),
        kinds={name: dict(sorted(counts.items())) for name, counts in sorted(kinds.items())},  # type: ignore[misc]
        labels={name: dict(sorted(counts.items())) for name, counts in sorted(labels.items())},
        errors=tuple(_show_mistakes(source, mistakes)),
    )


def _show_mistakes(source: FactSource, mistakes: Iterable[Mistake]) -> Iterator[ModelError]:
    """Each mistake in its surroundings; of a text that has changed since, none."""
    article: Article | None = None
    for each in mistakes:
        # Sorted by annotator, then by article: each is looked up once.
        if article is None or article.id != each.article:
            article = source.findings.articles.get(each.article)
        if article is None or article.digest != each.digest:
            continue
        sides = [span for span in (each.gold, each.predicted) if span]
        start, end = min(span.start for span in sides), max(span.end for span in sides)
        yield ModelError(
            annotator=source.cast.call(each.annotator),
            kind=each.kind,
            article=each.article,
            start=start,
            before=quote_before(article.text, start),
            text=article.text[start:end],
            after=quote_after(article.text, end),
            gold=_show_side("gold", each.gold, article.text),
            predicted=_show_side(source.cast.call(each.annotator), each.predicted, article.text),
            score=each.predicted.score if each.predicted else None,
            link=source.link(each.article),
        )


def _show_side(name: str, span: MistakenSpan | None, text: str) -> DisputedReading | None:
    return DisputedReading(person=name, label=span.label, text=text[span.start : span.end]) if span else None
