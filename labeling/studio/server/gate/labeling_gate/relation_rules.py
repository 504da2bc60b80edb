"""Which relations a project's schema allows, and what to tell somebody who drew another one. Pure.

What is refused here would be quarantined when it is pulled: the schema's own rules, as `push` wrote them down.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

_LONGEST_QUOTE = 40  # characters
_MOST_LABELS = 100  # of a region: nobody marks more, and each is looked at for each relation
# The labels of each region as they are called today; None for one that was split or dropped.
RegionLabels: TypeAlias = dict[str, list[str | None]]


@dataclass(frozen=True)
class RelationEnds:
    """The labels that a relation may go from and to; neither: two of one label. ``is_symmetric``: either way."""

    head: tuple[str, ...] = ()
    tail: tuple[str, ...] = ()
    is_symmetric: bool = False

    def allow(self, heads: list[str | None], tails: list[str | None], *, is_one: bool) -> bool:
        """Whether it may go from one of the spans with these labels to one of those; ``is_one``: to another of them."""
        if not self.head and not self.tail:
            return not is_one and not set(heads).isdisjoint(tails)
        begins = {place for place, label in enumerate(heads) if label in self.head}
        ends = {place for place, label in enumerate(tails) if label in self.tail}
        return bool(begins and ends) and not (is_one and len(begins | ends) == 1)


@dataclass(frozen=True)
class RelationRules:
    """A schema's relations by name; and names of before, each with that of today, or None where there is not one."""

    relations: dict[str, RelationEnds]
    former_labels: dict[str, str | None] = field(default_factory=dict)
    former_relations: dict[str, str | None] = field(default_factory=dict)


def read_relation_rules(rule: dict[str, Any]) -> RelationRules | None:
    """The rules in a project's row, as the project file's schema has them; None where it says nothing of relations.

    >>> read_relation_rules({"relations": [{"name": "MET", "head": ["PERSON"], "tail": ["PERSON"]}]}).relations
    {'MET': RelationEnds(head=('PERSON',), tail=('PERSON',), is_symmetric=False)}
    """
    listed = rule.get("relations")
    if isinstance(listed, list):
        listed = {each["name"]: each for each in listed if isinstance(each, dict) and isinstance(each.get("name"), str)}
    if not isinstance(listed, dict):
        return None
    of_before = rule.get("migrations")
    former = of_before if isinstance(of_before, dict) else {}
    split = dict.fromkeys(_mapping(former.get("splits")))
    return RelationRules(
        {name: _read_ends(each) for name, each in listed.items()},
        {name: goal or None for name, goal in _mapping(former.get("labels")).items()} | split,
        {name: goal or None for name, goal in _mapping(former.get("relations")).items()},
    )


def find_relation_fault(result: Any, rules: RelationRules) -> str:  # noqa: ANN401 - any JSON, as it was posted
    """What is wrong with the first relation that the schema does not allow, as a sentence; empty if all are sound."""
    rows = [row for row in result if isinstance(row, dict)] if isinstance(result, list) else []
    labels = _collect_labels(rows, rules)
    quotes = _collect_quotes(rows)
    for row in rows:
        if row.get("type") == "relation":
            fault = _judge(row, rules, labels, quotes)
            if fault:
                return f"{fault} Mend it or remove it, then submit again; what you have marked is kept as your draft."
    return ""


def _judge(row: dict[str, Any], rules: RelationRules, labels: RegionLabels, quotes: dict[str, str]) -> str:
    head, tail = str(row.get("from_id")), str(row.get("to_id"))
    between = f"from {quotes.get(head, 'a span')} to {quotes.get(tail, 'a span')}"
    names = [name for name in _strings(row.get("labels")) if name]
    if not names:
        return f"The relation {between} has no name: choose it under Relations at the right."
    for name in names:
        today = rules.former_relations.get(name, name)
        if today is None:
            continue  # the schema dropped it, and drops it when it is read
        ends = rules.relations.get(today)
        if ends is None:
            return f"{name} {between} is not a relation of this project."
        if row.get("direction", "right") != "right" and not ends.is_symmetric:
            return f"{name} {between} points the other way, or both ways: turn its arrow."
        fault = _judge_ends(ends, labels.get(head, []), labels.get(tail, []), is_one=head == tail)
        if fault:
            return f"{name} may not go {between}: {fault}."
    return ""


def _judge_ends(ends: RelationEnds, heads: list[str | None], tails: list[str | None], *, is_one: bool) -> str:
    """Whether no span of one region may be joined to one of the other, and why; a region of two labels is two spans."""
    if is_one and len(heads) == 1:
        return "it joins a span to itself"
    # A label of before that was split may become either: nobody can tell yet.
    if heads and tails and (None in heads or None in tails or ends.allow(heads, tails, is_one=is_one)):
        return ""
    drawn = f"it joins {_list_names(heads)} to {_list_names(tails)} here"
    if not ends.head and not ends.tail:
        return f"{drawn}, and only joins two of one label"
    return f"{drawn}, and only goes from {' or '.join(ends.head)} to {' or '.join(ends.tail)}"


def _list_names(labels: list[str | None]) -> str:
    return " and ".join(str(each) for each in labels) or "what has no label"


def _collect_labels(rows: list[dict[str, Any]], rules: RelationRules) -> RegionLabels:
    found: RegionLabels = {}
    for row in rows:
        value = row.get("value")
        if row.get("type") == "labels" and isinstance(value, dict):
            names = [rules.former_labels.get(name, name) for name in _strings(value.get("labels"))[:_MOST_LABELS]]
            known = found.setdefault(str(row.get("id")), [])
            # The same label twice is one span.
            known.extend([name for name in dict.fromkeys(names) if name not in known][: _MOST_LABELS - len(known)])
    return found


def _collect_quotes(rows: list[dict[str, Any]]) -> dict[str, str]:
    found = {}
    for row in rows:
        value = row.get("value")
        text = value.get("text") if isinstance(value, dict) else None
        if row.get("type") == "labels" and isinstance(text, str) and text:
            short = text if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 3]}..."
            found[str(row.get("id"))] = f"“{short}”"
    return found


def _read_ends(entry: Any) -> RelationEnds:  # noqa: ANN401 - any JSON
    ends = _mapping(entry)
    return RelationEnds(
        tuple(_strings(ends.get("head"))), tuple(_strings(ends.get("tail"))), ends.get("symmetric") is True
    )


def _mapping(value: Any) -> dict[str, Any]:  # noqa: ANN401 - the same
    return value if isinstance(value, dict) else {}


def _strings(value: Any) -> list[str]:  # noqa: ANN401 - the same
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
