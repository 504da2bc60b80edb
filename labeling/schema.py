"""The schema: labels, relation types and choices, as the project file has them.

Another schema is another file and needs no code. A schema that contradicts itself is refused here, each fault by name,
before a server sees it: Label Studio accepts most of these mistakes in silence.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from labeling.errors import SchemaError
from labeling.values import Frozen, canonical_json, digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST_NAME = 100  # characters
_CONTROL_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def _check_name(name: str) -> str:
    """A name of any script, with blanks, points, slashes and quotes, as far as the page keeps it as it is.

    Raises:
        ValueError: The page, or a line of a file, would hold another name than this.
    """
    if not name or len(name) > _LONGEST_NAME:
        raise ValueError(f"a name has 1 to {_LONGEST_NAME} characters")
    if not name.isprintable():
        raise ValueError("a name has no line ends, tabs, control characters, or blanks other than the plain one")
    # HTML shows several blanks as one, and none at the ends.
    if name != " ".join(name.split()):
        raise ValueError("a name has no blank at either end, and no two in a row")
    if name.startswith("$"):
        raise ValueError("a name does not begin with $: Label Studio takes that for a field of the task's data")
    return name


def _check_option_name(name: str) -> str:
    """A choice set, a point, and one of its options: ``event.CONSULT``."""
    of, point, option = name.partition(".")
    if not point or not _CONTROL_NAME.fullmatch(of):
        raise ValueError("an option is written with its choice set, as event.CONSULT")
    return f"{of}.{_check_name(option)}"


Name = Annotated[str, AfterValidator(_check_name)]
# Of a choice set: in the page it is the name of a control, and in our files it stands before a sign that ends it.
ControlName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]
Sentence = Annotated[str, StringConstraints(min_length=1, strip_whitespace=False)]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]
OptionName = Annotated[str, AfterValidator(_check_option_name)]
# One key, or one with shift: ctrl and alt belong to browsers and to the editor, which knows no sequences of keys.
Hotkey = Annotated[str, StringConstraints(pattern=r"^(?:shift\+)?[a-z0-9]$")]

# Keys that Label Studio's editor itself listens to, read from the keymap of 1.23.2: `u` unselects a region.
# All its other keys are chords with ctrl or alt, or keys with names, which the pattern of `Hotkey` excludes.
RESERVED_HOTKEYS = frozenset("u")

# The names of the two controls that every span has besides its label; a choice set must not take them.
UNSURE = "unsure"
NOTE = "note"
RESERVED_CONTROLS = frozenset({"label", "relation", "text", "title", UNSURE, NOTE})


class Label(Frozen):
    """A span label, as annotators see it."""

    name: Name
    definition: Sentence
    examples: tuple[Sentence, ...] = Field(min_length=1)
    near_misses: tuple[Sentence, ...] = ()
    color: Colour
    # Without one the page gives the label a key that is free, while there is any.
    hotkey: Hotkey | None = None


class RelationType(Frozen):
    """A relation label with the span labels allowed at each end.

    An empty ``head`` and ``tail`` allow any label, as long as both ends have the same one: what ``SAME_AS`` needs.
    ``symmetric`` is true where direction carries no meaning.
    """

    name: Name
    definition: Sentence
    example: Sentence
    head: tuple[Name, ...] = ()
    tail: tuple[Name, ...] = ()
    symmetric: bool = False

    def allows(self, head: str, tail: str) -> bool:
        """Whether a relation of this type may go from a span labelled ``head`` to one labelled ``tail``."""
        # SAME_AS joins mentions of one thing, which have one label.
        if not self.head and not self.tail:
            return head == tail
        return head in self.head and tail in self.tail


class Option(Frozen):
    """One option of a choice set."""

    name: Name
    definition: Sentence
    hotkey: Hotkey | None = None


class ChoiceSet(Frozen):
    """A question about the whole article."""

    name: ControlName
    question: Sentence
    multiple: bool = False
    options: tuple[Option, ...] = Field(min_length=1)


def _is_nothing(splits: dict[str, tuple[str, ...]]) -> bool:
    return not splits


class Migrations(Frozen):
    """What becomes, when annotations are read, of names the schema no longer has; the server's history is kept.

    Each maps a former name to the one that takes its place, which may be in use already (then the two are merged);
    ``""`` removes it. Options are written with their choice set, as in ``"event.MEET" = "event.CONSULT"``. ``splits``
    maps a former label to those that share its meaning now: its spans wait until their readers have chosen.
    """

    labels: dict[Name, Name | Literal[""]] = {}
    relations: dict[Name, Name | Literal[""]] = {}
    choices: dict[OptionName, OptionName | Literal[""]] = {}
    # Left out where nothing is split: the digest of such a schema is what it was before there was this key.
    splits: dict[Name, tuple[Name, ...]] = Field(default={}, exclude_if=_is_nothing)

    def migrated_terms(self) -> frozenset[tuple[str, str]]:
        """The former names, each with the control it belongs to: ``("label", "MINISTRY")``, ``("event", "MEET")``."""
        return frozenset(
            [
                *(("label", name) for name in (*self.labels, *self.splits)),
                *(("relation", name) for name in self.relations),
                *((name.partition(".")[0], name.partition(".")[2]) for name in self.choices),
            ]
        )


class Schema(Frozen):
    """Everything that an annotator can mark.

    ``unsure_hotkey`` ticks `unsure` on the selected span; ``guidance`` are sentences that hold for every label;
    ``migrations`` map the names of earlier schemas to those of this one.
    """

    labels: tuple[Label, ...] = Field(min_length=1)
    relations: tuple[RelationType, ...] = ()
    choices: tuple[ChoiceSet, ...] = ()
    unsure_hotkey: Hotkey | None = None
    guidance: tuple[Sentence, ...] = ()
    migrations: Migrations = Migrations()

    @property
    def digest(self) -> str:
        """The SHA-256 of all of it."""
        return digest_of(canonical_json(self.model_dump(mode="json")))

    @property
    def label_names(self) -> tuple[str, ...]:
        """The span labels, in the order of the file: the order of every ClassLabel we write."""
        return tuple(label.name for label in self.labels)

    def relation(self, name: str) -> RelationType | None:
        """The relation type of that name, or None."""
        return next((relation for relation in self.relations if relation.name == name), None)

    def choice_set(self, name: str) -> ChoiceSet | None:
        """The choice set of that name, or None."""
        return next((choice for choice in self.choices if choice.name == name), None)


def check_schema(schema: Schema, where: str) -> Schema:
    """Return ``schema`` if it is consistent.

    Raises:
        SchemaError: A name, colour or hotkey is used twice, a hotkey or control name is Label Studio's own, a relation
            names a label that does not exist, or a migration does not lead from a former name to a present one. The
            message has every such fault, not only the first.
    """
    # All faults at once: whoever mends the file need not run the command once for each.
    faults = [
        *_duplicate_faults(schema),
        *_hotkey_faults(schema),
        *_relation_end_faults(schema),
        *_control_name_faults(schema),
        *_migration_faults(schema),
    ]
    if faults:
        raise SchemaError(
            f"{where}: " + "; ".join(faults),
            todo="mend these entries of the project file; nothing was sent to the server",
            where=where,
        )
    return schema


def _repetition_faults(what: str, values: Iterable[str]) -> list[str]:
    return [f"{what} {value!r} is used {n} times" for value, n in Counter(values).items() if n > 1]


def _duplicate_faults(schema: Schema) -> list[str]:
    options = [
        fault
        for choice in schema.choices
        for fault in _repetition_faults(
            f"option of choice {choice.name!r}:", (option.name for option in choice.options)
        )
    ]
    return [
        *_repetition_faults("label", schema.label_names),
        *_repetition_faults("colour", (label.color for label in schema.labels)),
        *_repetition_faults("relation", (relation.name for relation in schema.relations)),
        *_repetition_faults("choice", (choice.name for choice in schema.choices)),
        *options,
    ]


def _hotkey_faults(schema: Schema) -> list[str]:
    options = (option.hotkey for choice in schema.choices for option in choice.options)
    # Hotkeys of labels, options and `unsure` share one keyboard.
    keys = [key for key in (*(label.hotkey for label in schema.labels), *options, schema.unsure_hotkey) if key]
    taken = [f"hotkey {key!r} is Label Studio's own" for key in keys if key in RESERVED_HOTKEYS]
    return [*_repetition_faults("hotkey", keys), *taken]


def _relation_end_faults(schema: Schema) -> list[str]:
    known = set(schema.label_names)
    # A misspelt label would allow no relation at all, in silence.
    unknown = [
        f"relation {relation.name!r} has the {side} {name!r}, which is not a label"
        for relation in schema.relations
        for side, names in (("head", relation.head), ("tail", relation.tail))
        for name in names
        if name not in known
    ]
    one_sided = [
        f"relation {relation.name!r} names labels for one end only"
        for relation in schema.relations
        if bool(relation.head) != bool(relation.tail)
    ]
    return [*unknown, *one_sided]


def _control_name_faults(schema: Schema) -> list[str]:
    return [
        f"choice {choice.name!r} has the name of a control that every span has"
        for choice in schema.choices
        if choice.name.casefold() in RESERVED_CONTROLS
    ]


def _migration_faults(schema: Schema) -> list[str]:
    # The names of today, by the table that would map former names to them.
    options = {f"{choice.name}.{option.name}" for choice in schema.choices for option in choice.options}
    tables = (
        ("labels", schema.migrations.labels, set(schema.label_names)),
        ("relations", schema.migrations.relations, {relation.name for relation in schema.relations}),
        ("choices", schema.migrations.choices, options),
    )
    unfit = [
        fault
        for table, ways, known in tables
        for before, after in ways.items()
        for fault in _replacement_faults(f"migrations.{table}", before, after, known)
    ]
    split = [
        fault
        for before, goals in schema.migrations.splits.items()
        for fault in _split_faults(schema, before, goals, set(schema.label_names))
    ]
    # An option that changed its set would turn one answer into two.
    moved = [
        f"migrations.choices: {before!r} cannot move to another choice set"
        for before, after in schema.migrations.choices.items()
        if after and before.partition(".")[0] != after.partition(".")[0]
    ]
    return [*unfit, *split, *moved]


def _split_faults(schema: Schema, before: str, goals: tuple[str, ...], known: set[str]) -> list[str]:
    faults = [fault for goal in goals for fault in _replacement_faults("migrations.splits", before, goal, known)]
    if len(set(goals)) < 2:  # noqa: PLR2004 - a split has two parts
        faults.append(f"migrations.splits: {before!r} is not split into two labels or more")
    if before in schema.migrations.labels:
        faults.append(f"migrations.splits: {before!r} is in migrations.labels, too")
    return list(dict.fromkeys(faults))


def _replacement_faults(table: str, before: str, after: str, known: set[str]) -> list[str]:
    faults = list[str]()
    # A name that is in use and migrated at once would have two meanings.
    if before in known:
        faults.append(f"{table}: {before!r} is still in the schema")
    if after and after not in known:
        faults.append(f"{table}: {after!r} is not in the schema")
    return faults
