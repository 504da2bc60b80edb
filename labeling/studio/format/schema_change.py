"""What a changed labelling config would orphan: the server drops labels that are in use without a word. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeAlias
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from pydantic import JsonValue

# The control (`relation` for all of them) and the label, relation or option.
Sayable: TypeAlias = tuple[str, str]

_RELATION = "relation"


def orphans(
    before: str, after: str, migrated: AbstractSet[Sayable], tasks: Callable[[], Iterable[JsonValue]]
) -> dict[str, int]:
    """What annotations bear that ``before`` could say and ``after`` cannot: its name, and how often it stands there.

    Args:
        before: The labelling config on the server.
        after: The one that is to replace it.
        migrated: What becomes something else, or nothing, by rule when annotations are read.
        tasks: Fetches the server's export; asked only when something was removed.
    """
    removed = sayable(before) - sayable(after) - migrated
    if not removed:
        return {}
    borne = Counter(said for task in tasks() for said in _said(task) if said in removed)
    return {f"{control} {name}": number for (control, name), number in borne.items()}


def sayable(config: str) -> set[Sayable]:
    """All that can be said by a labelling config that a server has accepted."""
    # Both configs were accepted by the server, which refuses DTDs and entities.
    root = ET.fromstring(config)  # noqa: S314 - see above
    options = {
        (control.get("name", ""), option.get("value", ""))
        for kind, part in (("Labels", "Label"), ("Choices", "Choice"))
        for control in root.iter(kind)
        for option in control.iter(part)
    }
    return options | {(_RELATION, relation.get("value", "")) for relation in root.iter("Relation")}


def _said(task: JsonValue) -> Iterator[Sayable]:
    """Everything that stands in a task's annotations and drafts, readable or not."""
    for part in ("annotations", "drafts"):
        for annotation in _items(task, part):
            for row in _items(annotation, "result"):
                yield from _borne(row)


def _borne(row: JsonValue) -> Iterator[Sayable]:
    if not isinstance(row, dict):
        return
    control = str(row.get("from_name"))
    names = [_items(row, "labels"), _items(row.get("value"), "labels"), _items(row.get("value"), "choices")]
    for name in (name for group in names for name in group):
        yield (_RELATION if row.get("type") == _RELATION else control, str(name))


def _items(value: JsonValue, key: str) -> list[JsonValue]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []
