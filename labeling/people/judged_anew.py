"""What is to be judged anew since the guidelines changed: rows for ``ask-again.jsonl``. Pure.

An example: the definition of ROLE changed on Friday. Ana sent an article on Monday, with a ROLE in it: its span is hers
to look at again, and so are spans of PERSON, which ROLE is taken for. What she sends after Friday needs no question.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.annotations import LABEL_ITEM, RELATION_ITEM, choice_id, choice_item
from labeling.workspace.asking import parse_instant, sent_at
from labeling.workspace.rows.asked_item import AskAgainRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from labeling.annotations import Annotation
    from labeling.people.guideline_diff import GuidelineChange
    from labeling.workspace.guideline_versions import GuidelinePeriod


def list_judged_anew(
    latest: Iterable[Annotation],
    changes: Sequence[GuidelineChange],
    neighbours: Mapping[str, Iterable[str]],
    in_force: GuidelinePeriod,
) -> list[AskAgainRow]:
    """The questions: one a span, a relation type or an option, to each reader who judged before; with why.

    Args:
        latest: Each reader's latest submission of each article.
        changes: What changed; only what changed in meaning is asked.
        neighbours: By label, those that it is taken for.
        in_force: The guidelines of today, and since when they are in force.
    """
    reasons = _list_reasons(changes, neighbours)
    start = parse_instant(in_force.since)
    rows = list[AskAgainRow]()
    for annotation in latest:
        if sent_at(annotation) > start:
            continue
        rows += [
            AskAgainRow(
                article=annotation.article,
                reader=annotation.annotator,
                what=what,
                why=f"{why} since {in_force.since[:10]}",
                since=in_force.since,
                guidelines=in_force.digest,
            )
            for what, why in _list_things(annotation, reasons)
        ]
    return rows


def _list_reasons(changes: Sequence[GuidelineChange], neighbours: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Why each item is asked: what of it changed; of a label that did not change, what of its neighbour."""
    changed: dict[str, list[str]] = {}
    for change in changes:
        if change.of_meaning:
            changed.setdefault(_item(change), []).append(change.what)
    reasons = {item: f"{item}: other {_join_aspects(what)}" for item, what in changed.items() if "added" not in what}
    for item in sorted(changed):
        name = item.removeprefix(LABEL_ITEM)
        if item == name:
            continue
        how = "is new" if "added" in changed[item] else f"has other {_join_aspects(changed[item])}"
        for near in sorted(neighbours.get(name, ())):
            reasons.setdefault(LABEL_ITEM + near, f"{LABEL_ITEM}{near} is taken for {name}, which {how}")
    return reasons


def _item(change: GuidelineChange) -> str:
    """The item as ``asked.jsonl`` has it; a question about an article stands for all its options."""
    if change.part == "label":
        return LABEL_ITEM + change.name
    if change.part == "relation":
        return RELATION_ITEM + change.name
    return choice_item(change.name.replace(".", "=", 1))


def _list_things(annotation: Annotation, reasons: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What of an annotation is asked: its spans of these labels, and the relation types and options that it uses."""
    for span in annotation.spans:
        if why := reasons.get(LABEL_ITEM + span.label):
            yield f"span {span.start}..{span.end} {span.label}", why
    for relation in sorted({relation.label for relation in annotation.relations}):
        if why := reasons.get(RELATION_ITEM + relation):
            yield RELATION_ITEM + relation, why
    for name, options in sorted(annotation.choices.items()):
        for option in options:
            item = choice_item(choice_id(name, option))
            if why := reasons.get(item) or reasons.get(choice_item(name)):
                yield item, why


def _join_aspects(words: Sequence[str]) -> str:
    return " and ".join(dict.fromkeys(words))
