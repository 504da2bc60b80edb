"""All measures of one group of annotators: two readers, all of them, a reader beside a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.annotations import LABEL_ITEM, choice_id, choice_item
from labeling.evaluation.agreement.nominal import FlagCounts, ValueCounts, measure_alpha
from labeling.evaluation.agreement.pair_counts import CHOICES, RELATION_RULES, RELATIONS, SPAN_RULES
from labeling.evaluation.agreement.submitted import SubmittedArticle
from labeling.evaluation.agreement.unitizing import measure_unitizing
from labeling.evaluation.relations_and_choices import list_compared_options
from labeling.evaluation.scores import measure_counts
from labeling.workspace.rows.agreements import Coefficient, GroupAgreement, LabelledCoefficient
from labeling.workspace.rows.score import NOTHING_TO_SCORE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from labeling.annotations import Annotation
    from labeling.evaluation.agreement.pair_counts import LayerCounts
    from labeling.evaluation.resampling import Bootstrap
    from labeling.evaluation.scores import GroupCounts
    from labeling.schema import ChoiceSet, Schema
    from labeling.workspace.rows.score import Measure

# What the guidelines say of a choice that is left empty: an article is usable unless somebody rules it out.
UNSAID = {"usable": ("yes",)}


def measure_group(
    annotators: Sequence[str],
    submitted: Sequence[SubmittedArticle],
    counts: LayerCounts,
    schema: Schema,
    bootstrap: Bootstrap,
) -> GroupAgreement:
    """Every measure of a group.

    Args:
        annotators: Who is compared.
        submitted: The articles that two or more of them submitted, with their words alone.
        counts: What their pairs have in common (see `count_pairs`).
        schema: Its labels, relations and choices.
        bootstrap: Resamples and seed of the intervals.
    """
    groups = sorted({each.leak_group for each in submitted})
    found = measure_f1(annotators, len(submitted), counts, schema, bootstrap)
    choices = {
        name: measure_alpha(each, groups, bootstrap)
        for choice in schema.choices
        for name, each in count_choices(choice, submitted)
    }
    further = {
        "labels": _measure_labels(submitted, groups, schema.label_names, bootstrap),
        "unitizing": measure_unitizing(submitted, schema.label_names, bootstrap),
        "choices": choices,
    }
    return found.model_copy(update=further)


def measure_f1(
    annotators: Sequence[str], articles: int, counts: LayerCounts, schema: Schema, bootstrap: Bootstrap
) -> GroupAgreement:
    """F1 of spans, relations and choices, which is all there is beside gold and beside one's own words."""
    relations = [kind.name for kind in schema.relations]
    return GroupAgreement(
        annotators=tuple(annotators),
        articles=articles,
        leak_groups=len(counts.get(SPAN_RULES[0], {})),
        spans={
            rule: _label_f1(counts.get(rule, {}), schema.label_names, bootstrap)
            for rule in SPAN_RULES
            if rule in counts
        },
        relations={
            rule: _label_f1(counts.get(RELATIONS + rule, {}), relations, bootstrap)
            for rule in RELATION_RULES
            if relations
        },
        choices_f1=_label_f1(counts.get(CHOICES, {}), list_compared_options(schema), bootstrap),
    )


def count_choices(choice: ChoiceSet, submitted: Sequence[SubmittedArticle]) -> Iterator[tuple[str, ValueCounts]]:
    """The values of a choice set, and of each of its options by itself, as alpha needs them.

    Who was not asked is left out. An empty `usable` is a "yes"; of another set, no answer is an answer. Of a set with
    several answers each option is a question of its own, which everybody answers: chosen, or not.
    """
    whole, options = ValueCounts(), FlagCounts()
    partly = list[SubmittedArticle]()
    items = {choice_item(choice_id(choice.name, option.name)) for option in choice.options}
    for each in submitted:
        silences = [each.silence[annotator] & items for annotator in each.submissions]
        if any(silent and silent != items for silent in silences):
            partly.append(each)
        else:
            options.add(each.leak_group, list(_list_answers(choice, each, items)))
        whole.add(each.leak_group, list(_list_answers(choice, each, items)))
    if not choice.multiple:
        yield choice.name, whole
    for option in choice.options:
        name = choice_id(choice.name, option.name)
        counts = options.count(option.name)
        # Some were asked for some of the options.
        for each in partly:
            counts.add(each.leak_group, list(_list_flags(choice, option.name, each)))
        yield name, counts


def _list_flags(choice: ChoiceSet, option: str, submitted: SubmittedArticle) -> Iterator[bool]:
    for annotator, submission in submitted.submissions.items():
        if choice_item(choice_id(choice.name, option)) not in submitted.silence[annotator]:
            yield option in _answer(submission, choice.name)


def _list_answers(choice: ChoiceSet, submitted: SubmittedArticle, items: set[str]) -> Iterator[tuple[str, ...]]:
    for annotator, submission in submitted.submissions.items():
        if not items <= submitted.silence[annotator]:
            yield _answer(submission, choice.name)


def _answer(submission: Annotation, name: str) -> tuple[str, ...]:
    return submission.choices.get(name, ()) or UNSAID.get(name, ())


def _measure_labels(
    submitted: Sequence[SubmittedArticle], groups: Sequence[str], labels: Sequence[str], bootstrap: Bootstrap
) -> LabelledCoefficient:
    """Alpha of the labels that stretches were given: a unit is a stretch with the same ends that two or more marked."""
    everything, by_label = ValueCounts(), FlagCounts()
    for each in submitted:
        for unit in _list_labelled(each):
            everything.add(each.leak_group, unit)
            by_label.add(each.leak_group, unit)
    return LabelledCoefficient(
        all=measure_alpha(everything, groups, bootstrap),
        labels={
            label: measure_alpha(by_label.count(label), groups, bootstrap)
            for label in labels
            if label in by_label.given
        },
    )


def _list_labelled(submitted: SubmittedArticle) -> Iterator[list[tuple[str, ...]]]:
    """What labels each annotator gave to each stretch that two or more of them marked."""
    silent = {item for annotator in submitted.submissions for item in submitted.silence[annotator]}
    places: dict[tuple[int, int], dict[str, list[str]]] = {}
    for annotator, marks in submitted.marks.items():
        for label in sorted(marks):
            for place in marks[label] if not silent or LABEL_ITEM + label not in silent else ():
                places.setdefault(place, {}).setdefault(annotator, []).append(label)
    for given in places.values():
        if len(given) > 1:
            yield [tuple(labels) for labels in given.values()]


def _label_f1(counts: GroupCounts, labels: Sequence[str], bootstrap: Bootstrap) -> LabelledCoefficient:
    used = {label for group in counts.values() for label in group}
    listed = [label for label in labels if label in used]
    whole, *by_label = (_as_coefficient(each) for each in measure_counts(counts, [None, *listed], bootstrap))
    return LabelledCoefficient(all=whole, labels=dict(zip(listed, by_label, strict=True)))


def _as_coefficient(measure: Measure) -> Coefficient:
    return Coefficient(
        value=measure.f1,
        items=measure.gold + measure.predicted,
        interval=measure.f1_interval,
        undefined=NOTHING_TO_SCORE if measure.f1 is None else measure.why_no_interval,
    )
