"""The translation of a record: labels of ours, by a map of names, and offsets in the article."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from labeling.annotations import LABEL_ITEM, RELATION_ITEM, Relation, Span, choice_id, choice_item
from labeling.errors import UsageError
from labeling.imports.record import Misfit
from labeling.imports.stretches import list_fitting, same_words
from labeling.imports.written_labels import read_label
from labeling.schema import UNSURE
from labeling.workspace.asking import list_items

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pydantic import JsonValue

    from labeling.annotations import Defect, ThingKind
    from labeling.articles import Article
    from labeling.imports.record import Attribute, ImportRecord, MarkParts, RelationMark, SpanMark
    from labeling.schema import Schema

# A choice set and one of its options.
ChosenOption: TypeAlias = tuple[str, str]


def split_pair(pair: str, schema: Schema) -> tuple[str, str]:
    """The two names of ``OLD=NEW``, either of which may have an equals sign in it; ``OLD=`` removes.

    From the right, the first sign behind which there is a name of the schema, or nothing; else the last one.

    Raises:
        UsageError: There is no sign, or nothing before it.
    """
    known = _list_goals(schema)
    places = [place for place, sign in enumerate(pair) if sign == "=" and place][::-1]
    if not places:
        raise UsageError(
            f"--map {pair} is not of the form OLD=NEW", todo="write it as --map PER=PERSON, or --map PER= to remove"
        )
    fit = (place for place in places if pair[place + 1 :] in known or _is_option(pair[place + 1 :], schema))
    place = next(fit, places[0])
    return pair[:place], pair[place + 1 :]


def refuse_unknown_names(names: Mapping[str, str], schema: Schema) -> None:
    """Check that a map leads to names of the schema: else everything it maps would end in quarantine.

    Raises:
        UsageError: A name is not in the schema, or is an option of two choice sets; the first such is named.
    """
    known = _list_goals(schema)
    for old, new in names.items():
        if new not in known and not _is_option(new, schema):
            raise UsageError(
                f"--map {old}={new}: the project file has no label, relation or option {new!r}",
                todo=f"map it to one of {', '.join(sorted(known - {''}))}, to an option as event.CONSULT, "
                "or to nothing, which removes it; nothing was imported",
                where=f"--map {old}={new}",
            )


@dataclass(frozen=True)
class RecordTranslation:
    """The translation of one record.

    ``names`` maps names of the file to names of the schema, "" removes; ``place`` turns an offset in the file's text
    into one in the article, or None. ``rivals`` do it as other countings would: a span is refused where one of them has
    its words at another place, too.
    """

    schema: Schema
    names: Mapping[str, str]
    article: Article
    place: Callable[[int], int | None]
    rivals: Mapping[str, Callable[[int], int | None]] = field(default_factory=dict)

    def span(self, mark: SpanMark) -> Span | Misfit:
        """The span of a mark, if it can be one."""
        if len(mark.parts) > 1:
            mark = replace(mark, parts=_join_parts(mark.parts, self.place, self.article.text))
        # The checks go from what the file has to what the text has.
        if len(mark.parts) > 1:
            parts = ", ".join(f"{start}..{end}" for start, end in mark.parts)
            return _misfit_of(mark, "unsupported", f"it is discontinuous: {parts}")
        first, last = mark.parts[0]
        start, end = self.place(first), self.place(last)
        if start is None or end is None or not start < end:
            reason = f"{first}..{last} in a text of {len(self.article.text)} characters"
            return _misfit_of(mark, "offsets out of range", reason)
        if mark.covers is not None and not same_words(mark.covers, self.article.text[start:end]):
            reason = f"the file has another text at {first}..{last}"
            return _misfit_of(mark, "stale text", reason)
        if rival := self._find_rival(mark, start, end):
            return _misfit_of(mark, "unreadable", rival)
        # An empty name removes the label, which is listed all the same.
        label = self._label(mark.label)
        if not label or (label.isdecimal() and label not in self._labels):
            return _nameless_misfit(mark, label)
        unsure = bool(mark.attributes) and any(self._meaning(each) == UNSURE for each in mark.attributes)
        return Span(id=mark.id, start=start, end=end, label=label, unsure=unsure, note=mark.note)

    def _find_rival(self, mark: SpanMark, start: int, end: int) -> str:
        """Where else a mark may be, by another counting that has its words there, as a reason; "" if they do not."""
        first, last = mark.parts[0]
        for name, place in self.rivals.items():
            other, stop = place(first), place(last)
            if other is None or stop is None or (other, stop) == (start, end):
                continue
            # Words that stand there with the very same blanks are not those that stand elsewhere without one.
            both = {"": ((start, end),), name: ((other, stop),)}
            if mark.covers is None or name in list_fitting(self.article.text, both, mark.covers):
                return f"it may be at {start}..{end}, or at {other}..{stop} if {first}..{last} counts {name}"
        return ""

    def meaningless_attributes(self, mark: SpanMark) -> list[Misfit]:
        """The attributes of a mark for which nothing here has a place."""
        return [
            Misfit(
                "annotation",
                each.id,
                "unsupported",
                f"nothing here has a place for {each.name} of {mark.id}; --map {each.name}={UNSURE} would read it as a "
                f"mark of doubt, --map {each.name}= would remove it",
                each.name,
            )
            if meaning
            else _removed_misfit("annotation", each.id, each.name, each.name)
            for each in mark.attributes
            if (meaning := self._meaning(each)) != UNSURE
        ]

    def relation(self, link: RelationMark, fellows: Mapping[str, Sequence[Span]]) -> Relation | Misfit:
        """The relation of a link, unless the map removes it.

        Args:
            link: The link.
            fellows: The spans of each region that has several labels: the first two that the type may join are meant.
        """
        # The ends are checked later, with the spans.
        label = self._relation_name(link)
        name = f"{link.head} {link.label} {link.tail}"
        if not label:
            return _removed_misfit("relation", name, link.label, asdict(link))
        kind = self.schema.relation(label)
        if link.direction != "right" and kind is not None and not kind.symmetric:
            reason = f"its direction is {link.direction!r}, and {label} is not symmetric"
            return Misfit("relation", name, "broken relation", reason, asdict(link))
        pairs = [
            (head, tail) for head in fellows.get(link.head, ()) for tail in fellows.get(link.tail, ()) if head != tail
        ]
        fit = [pair for pair in pairs if kind is not None and kind.allows(pair[0].label, pair[1].label)]
        for head, tail in (fit or pairs)[:1]:
            return Relation(head=head.id, tail=tail.id, label=label)
        return Relation(head=link.head, tail=link.tail, label=label)

    def option(self, name: str) -> ChosenOption | Misfit:
        """The option that a label of the whole text means: ``event.CONSULT``, or one that only one choice set has."""
        # The map may lead to an option of a set, or to nothing; `topic.Trade` may be mapped as a whole, or `Trade`.
        _, dot, bare = name.partition(".")
        meant = self.names.get(name, self.names.get(bare, name) if dot else name)
        if not meant:
            return _removed_misfit("choice", name, name, name)
        if meant.isdecimal() and not self._sets_with(meant):
            return Misfit("choice", name, "unknown choice", _explain_number(meant, "event.CONSULT"), name)
        # Our own lines have options as ledgers do: `event=CONSULT`.
        of, equals, option = meant.partition("=")
        if equals and self.schema.choice_set(of):
            return of, option
        of, dot, option = meant.partition(".")
        # A label with a dot in it (`U.S.`) may be an option of its own.
        if dot and (self.schema.choice_set(of) or not self._sets_with(meant)):
            return of, option
        # An option of two sets is ambiguous: which one is meant, the map has to tell.
        sets = self._sets_with(meant)
        if len(sets) == 1:
            return sets[0], meant
        reason = f"{meant!r} is an option of {' and of '.join(sets)}" if sets else f"no choice has an option {meant!r}"
        return Misfit("choice", name, "unknown choice", reason, name)

    def list_items(self, record: ImportRecord) -> set[str]:
        """The items of the schema that the source is known to have: by this record, and by the map.

        Whoever answers a question knows all its options, so that one option stands for all of its set.
        """
        chosen = [self.option(name) for name in record.options]
        sets = {option[0] for option in chosen if not isinstance(option, Misfit)}
        sets |= {
            option[0]
            for new in self.names.values()
            if new and _is_option(new, self.schema) and not isinstance(option := self.option(new), Misfit)
        }
        names = {
            *(LABEL_ITEM + self._label(name) for name in {mark.label for mark in record.marks}),
            *(RELATION_ITEM + self._relation_name(link) for link in record.links),
            *(kind + new for new in self.names.values() for kind in (LABEL_ITEM, RELATION_ITEM)),
            *(
                choice_item(choice_id(each.name, option.name))
                for each in self.schema.choices
                if each.name in sets
                for option in each.options
            ),
        }
        return names & set(list_items(self.schema))

    def _label(self, name: str) -> str:
        return read_label(self.names.get(name, name), self._labels)

    @cached_property
    def _labels(self) -> tuple[str, ...]:
        return self.schema.label_names

    def _relation_name(self, link: RelationMark) -> str:
        return read_label(self.names.get(link.label, link.label), [each.name for each in self.schema.relations])

    def _sets_with(self, option: str) -> list[str]:
        return [each.name for each in self.schema.choices if option in {one.name for one in each.options}]

    def _meaning(self, attribute: Attribute) -> str:
        # `Certainty=Low` may be mapped with its value, or `Certainty` whatever its value.
        bare = attribute.name.partition("=")[0]
        return self.names.get(attribute.name, self.names.get(bare, attribute.name))


def _list_goals(schema: Schema) -> set[str]:
    """What a map may lead to, but for options: each of these may be written in two ways."""
    return {*schema.label_names, *(each.name for each in schema.relations), UNSURE, ""}


def _is_option(name: str, schema: Schema) -> bool:
    """Whether a name means exactly one option: with its set before it, or alone where only one set has it."""
    options = [(each.name, option.name) for each in schema.choices for option in each.options]
    return name in {f"{of}.{option}" for of, option in options} or [each for _, each in options].count(name) == 1


def _misfit_of(mark: SpanMark, kind: Defect, reason: str) -> Misfit:
    return Misfit("span", mark.id, kind, reason, _raw_mark(mark))


def _nameless_misfit(mark: SpanMark, label: str) -> Misfit:
    if not label:
        return _removed_misfit("span", mark.id, mark.label, _raw_mark(mark))
    return _misfit_of(mark, "unknown label", _explain_number(label, "PERSON"))


def _raw_mark(mark: SpanMark) -> JsonValue:
    """A mark as it came, with its note and its attributes."""
    attributes: list[JsonValue] = [each.name for each in mark.attributes]
    return {
        "label": mark.label,
        "parts": [[*part] for part in mark.parts],
        "covers": mark.covers,
        **({"note": mark.note} if mark.note else {}),
        **({"attributes": attributes} if attributes else {}),
    }


def _join_parts(parts: MarkParts, place: Callable[[int], int | None], text: str) -> MarkParts:
    """The parts, joined where only blanks keep them apart: brat's editor cuts a span at each line end.

    Of ``Anna``, a line end and ``Berg met`` the parts 0..4 and 5..9 are one, 0..9; 0..4 and 10..13 stay two.
    """
    joined = [*parts[:1]]
    for start, end in parts[1:]:
        before = joined[-1]
        stop, begin = place(before[1]), place(start)
        if stop is not None and begin is not None and stop <= begin and not text[stop:begin].strip():
            joined[-1] = (before[0], end)
        else:
            joined.append((start, end))
    return tuple(joined)


def _explain_number(label: str, example: str) -> str:
    return f"label {label} has no name: the file has numbers for labels; --map {label}={example} would name it"


def _removed_misfit(what: ThingKind, name: str, label: str, raw: JsonValue) -> Misfit:
    return Misfit(what, name, "migrated", f"the map removes {label!r}", raw)
