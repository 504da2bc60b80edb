"""What a changed labelling config would orphan: the server drops labels that are in use without asking. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeAlias
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from pydantic import JsonValue

# The control (`relation` for all of them) and the label, relation or option.
SchemaTerm: TypeAlias = tuple[str, str]

_RELATION = "relation"


def find_orphans(
    before: str, after: str, migrated: AbstractSet[SchemaTerm], tasks: Callable[[], Iterable[JsonValue]]
) -> dict[str, int]:
    """What annotations use of ``before`` that ``after`` no longer has: its name, and how often it is used.

    Args:
        before: The labelling config on the server.
        after: The one that is to replace it.
        migrated: What becomes something else, or nothing, by rule when annotations are read.
        tasks: Fetches the server's export; asked only when something was removed.
    """
    removed = read_schema_terms(before) - read_schema_terms(after) - migrated
    if not removed:
        return {}
    used = Counter(term for task in tasks() for term in _terms_in_task(task) if term in removed)
    return {f"{control} {name}": number for (control, name), number in used.items()}


def read_schema_terms(config: str) -> set[SchemaTerm]:
    """The labels, options and relations of a labelling config that a server has accepted."""
    # Both configs were accepted by the server, which refuses DTDs and entities.
    root = ET.fromstring(config)  # noqa: S314 - see above
    # Labels and choices have the same form in the config: a named control, and values below it.
    options = {
        (control.get("name", ""), option.get("value", ""))
        for kind, part in (("Labels", "Label"), ("Choices", "Choice"))
        for control in root.iter(kind)
        for option in control.iter(part)
    }
    return options | {(_RELATION, relation.get("value", "")) for relation in root.iter("Relation")}


def _terms_in_task(task: JsonValue) -> Iterator[SchemaTerm]:
    """Everything that is used in a task's annotations and drafts, readable or not."""
    for part in ("annotations", "drafts"):
        for annotation in _list_field(task, part):
            for row in _list_field(annotation, "result"):
                yield from _terms_in_row(row)


def _terms_in_row(row: JsonValue) -> Iterator[SchemaTerm]:
    if not isinstance(row, dict):
        return
    control = str(row.get("from_name"))
    # A relation lists its labels outside of its value, regions and choices within.
    names = [
        _list_field(row, "labels"),
        _list_field(row.get("value"), "labels"),
        _list_field(row.get("value"), "choices"),
    ]
    for name in (name for group in names for name in group):
        yield (_RELATION if row.get("type") == _RELATION else control, str(name))


def _list_field(value: JsonValue, key: str) -> list[JsonValue]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []
