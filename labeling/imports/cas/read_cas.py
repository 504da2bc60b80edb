"""UIMA CAS: spans of DKPro's named entities and of custom layers, relations between them, options of the whole text.

* A span's label is the ``value`` of a named entity, the first string feature of a custom layer; where it is empty, the
  name of the layer. ``note`` and ``comment`` go to the span; other features can be mapped, as attributes.
* A layer with ``Governor`` and ``Dependent`` is one of relations, from the first to the second.
* Strings of a custom layer without a place in the text are choices, ``feature.value``.
* Words, sentences and grammar are passed over, by name; a type that nobody here knows is listed with its number.

Offsets count UTF-16, by definition; a file whose spans fit another counting is doubted, and one that has the words of
its spans in a feature is counted by these. A CAS does not tell who made it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labeling.annotations import choice_id
from labeling.articles import SourceRow
from labeling.errors import UnreadableArticle
from labeling.imports.cas.cas_types import (
    CHOICE_LAYER,
    CHOICE_NAME,
    CUSTOM_LAYERS,
    DEPENDENT,
    DOCUMENT_METADATA,
    GOVERNOR,
    NAMED_ENTITY,
    OPTION_NAME,
    STRING,
    is_known_kind,
    is_not_asked,
    is_of_type,
    short_name,
)
from labeling.imports.cas.open_cas import open_cas
from labeling.imports.cas.word_copies import find_word_copies
from labeling.imports.foreign_formats import tell_xmi
from labeling.imports.record import Attribute, ImportRecord, Misfit, RelationMark, SpanMark, reject_unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from labeling.imports.glimpse import Glimpse
    from labeling.imports.record import ImportItem, TextLookup

_JSON = re.compile(r'\s*\{\s*("%(?:TYPES|FEATURE_STRUCTURES|VIEWS|HEADER)")')
_NOTES = ("note", "comment")
_PLACE = frozenset({"begin", "end", "sofa", GOVERNOR, DEPENDENT})
_NOBODY = "a CAS does not tell who made it; INCEpTION calls the file by the name, so import each person's files alone"


def looks_like_cas(glimpse: Glimpse) -> str:
    """What tells a CAS: the root of XMI, or the first key of its JSON."""
    found = _JSON.match(glimpse.text)
    return f"the object begins with {found[1]}" if found else tell_xmi(glimpse)


def read_cas(path: Path, name: str, _text_of: TextLookup | None = None) -> Iterator[ImportItem]:
    """Read one file; its article is called as the file says, else ``name``."""
    opened = open_cas(path, name)
    views = [opened.cas.get_view(view.sofa.sofaID) for view in opened.cas.views]
    texts = [view for view in views if isinstance(view.sofa_string, str)]
    if not texts:
        raise UnreadableArticle("it has no text", todo="export the documents with their text")
    # A view of its own is a text of its own: a translation, the text without markup.
    for other in texts[1:]:
        reason = f"it has a second text, {other.get_sofa().sofaID!r}, with {len(other.select_all_fs())} annotations"
        yield reject_unreadable(str(path), reason, "save that view as a file of its own")
    things, written = [*texts[0].select_all_fs()], opened.written
    marked = [each for each in things if _is_layer(each.type)]
    copies = find_word_copies(marked, written.places, texts[0].sofa_string, {*_NOTES, "value"})
    layers = _CasLayers(written.places, copies)
    for each in things:
        layers.take(each)
    layers.strays.update({kind: count for kind, count in written.strays.items() if not is_known_kind(kind)})
    yield _make_record(path, name, texts[0].sofa_string, layers)


def _make_record(path: Path, name: str, text: str, layers: _CasLayers) -> ImportRecord:
    of_file, title = layers.metadata.get("documentId"), layers.metadata.get("documentTitle")
    own = str(of_file or title or "").strip()
    return ImportRecord(
        row=SourceRow(
            where=str(path), id=own or name, text=text, title="" if title in (None, own, of_file) else str(title)
        ),
        named=bool(own),
        nobody=_NOBODY,
        # Where nothing could be read of what somebody marked, it is not the answer that there is nothing.
        state="submitted" if layers.marks or layers.links or layers.options or not layers.is_cut_short else "draft",
        marks=tuple(layers.marks),
        links=tuple(layers.links),
        options=tuple(layers.options),
        misfits=(*layers.misfits, *layers.list_unknown()),
        ignored=frozenset(layers.passed),
    )


@dataclass
class _CasLayers:
    """The annotations of one text, as far as they were read."""

    places: Mapping[int, tuple[Any, Any]]
    copies: Mapping[str, str]
    metadata: dict[str, Any] = field(default_factory=dict)
    marks: list[SpanMark] = field(default_factory=list)
    links: list[RelationMark] = field(default_factory=list)
    options: list[str] = field(default_factory=list)
    misfits: list[Misfit] = field(default_factory=list)
    passed: set[str] = field(default_factory=set)
    unknown: Counter[str] = field(default_factory=Counter)
    strays: Counter[str] = field(default_factory=Counter)

    @property
    def is_cut_short(self) -> bool:
        """Whether there is something of which nothing could be taken."""
        return bool(self.unknown or self.strays)

    def take(self, thing: Any) -> None:  # noqa: ANN401 - made by the package, from the type system
        """Read one feature structure by its type."""
        kind = thing.type
        names = {each.name for each in kind.all_features}
        if is_of_type(kind, DOCUMENT_METADATA):
            self.metadata |= {name: getattr(thing, name) for name in names}
        elif kind.name.startswith("uima.") or is_not_asked(kind):
            self.passed.update([] if kind.name.startswith("uima.") else [kind.name])
        elif {GOVERNOR, DEPENDENT} <= names:
            self._relation(thing)
        elif {"begin", "end"} <= names and _is_layer(kind) and "next" not in names:
            self._mark(thing)
        elif kind.name.startswith(CUSTOM_LAYERS) and "begin" not in names and self._choose(thing):
            return
        else:
            self.unknown[kind.name] += 1

    def list_unknown(self) -> Iterator[Misfit]:
        """A misfit for each type that nobody here knows, or of which things are in no index, with their number."""
        for name, count in sorted(self.unknown.items()):
            reason = f"nothing here reads the type {name}: {count} of its annotations are not taken"
            yield Misfit("annotation", name, "unsupported", reason, count)
        for name, count in sorted(self.strays.items()):
            reason = f"{count} annotations of the type {name} are in no index of the text: UIMA does not show them"
            yield Misfit("annotation", f"{name} outside", "unsupported", reason, count)

    def _mark(self, thing: Any) -> None:  # noqa: ANN401
        copy = self.copies.get(thing.type.name, "")
        label_name = "value" if is_of_type(thing.type, NAMED_ENTITY) else _first_string(thing.type, copy)
        own = _id_of(thing)
        label = _label_of(thing, label_name)
        places = self.places.get(thing.xmiID, (None, None))
        if None in places:
            reason = f"{thing.begin}..{thing.end} is not a stretch of the text"
            self.misfits.append(Misfit("span", own, "offsets out of range", reason, label))
            return
        details = dict(_details(thing, label_name))
        covers = details.pop(copy) if isinstance(details.get(copy), str) else None
        note = "; ".join(details.pop(name) for name in _NOTES if isinstance(details.get(name), str))
        self.marks.append(
            SpanMark(
                own,
                (places,),
                label,
                covers,
                note,
                attributes=tuple(Attribute(f"{own}.{name}", _write(name, each)) for name, each in details.items()),
            )
        )

    def _relation(self, thing: Any) -> None:  # noqa: ANN401
        label_name, own = _first_string(thing.type), _id_of(thing)
        head, tail = getattr(thing, GOVERNOR), getattr(thing, DEPENDENT)
        label = _label_of(thing, label_name)
        if not (hasattr(head, "type") and hasattr(tail, "type")):
            self.misfits.append(Misfit("relation", own, "broken relation", "one of its ends is not there", label))
            return
        self.links.append(RelationMark(_id_of(head), _id_of(tail), label))
        for name, each in _details(thing, label_name):
            reason = f"nothing here has a place for {_write(name, each)} of the relation {label}"
            self.misfits.append(Misfit("annotation", f"{own}.{name}", "unsupported", reason, str(each)))

    def _choose(self, thing: Any) -> bool:  # noqa: ANN401
        """Take the strings of a thing that is about the whole text; whether it has nothing else."""
        details = dict(_details(thing, ""))
        if not all(isinstance(each, str) for each in details.values()):
            return False
        if thing.type.name == CHOICE_LAYER and details.keys() == {CHOICE_NAME, OPTION_NAME}:
            self.options.append(choice_id(details[CHOICE_NAME], details[OPTION_NAME]))
            return True
        self.options += [f"{name}.{each}" for name, each in details.items()]
        return True


def _is_layer(kind: Any) -> bool:  # noqa: ANN401
    return is_of_type(kind, NAMED_ENTITY) or kind.name.startswith(CUSTOM_LAYERS)


def _id_of(thing: Any) -> str:  # noqa: ANN401
    return f"{short_name(thing.type)}-{thing.xmiID}"


def _label_of(thing: Any, label_name: str) -> str:  # noqa: ANN401
    """The value of the feature that has the label; the name of the layer where there is none, or it is not a string."""
    label = getattr(thing, label_name, None) if label_name else None
    return label if isinstance(label, str) and label else short_name(thing.type)


def _first_string(kind: Any, copy: str = "") -> str:  # noqa: ANN401
    names = (each.name for each in kind.all_features if is_of_type(each.rangeType, STRING))
    return next((name for name in names if name not in {*_NOTES, copy}), "")


def _details(thing: Any, label_name: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    """The features that have a value, besides places and the label."""
    for each in thing.type.all_features:
        value = getattr(thing, each.name)
        elements = getattr(value, "elements", value)
        if each.name not in _PLACE | {label_name} and elements not in (None, "", False, []):
            yield each.name, elements


def _write(name: str, value: Any) -> str:  # noqa: ANN401
    """A feature as an attribute: a truth value is its name alone."""
    if value is True:
        return name
    return f"{name}={value}" if isinstance(value, str | int | float) else f"{name}=a link"
