"""Formats by what is in a file: those of other tools, whose annotations cannot be imported as they are, by name.

A format is recognised by its columns and fields alone. The name of a file says nothing: every tool's files end in
``.json`` or ``.txt``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from labeling.imports.glimpse import Glimpse, JsonLine


@dataclass(frozen=True)
class ForeignFormat:
    """A format that is recognised, and not read: ``todo`` says how its annotations come in all the same.

    ``looks_like`` gives what it was recognised by, "" where it was not.
    """

    name: str
    looks_like: Callable[[Glimpse], str]
    todo: str


def tell_objects(glimpse: Glimpse, is_of_it: Callable[[JsonLine], str]) -> str:
    """What the first object that is of a format is recognised by; "" where none is."""
    return next(filter(None, map(is_of_it, glimpse.objects)), "")


def name_fields(*names: str) -> str:
    """The evidence of fields: ``the lines hold `ner_tags` and `tokens```."""
    return f"the lines hold {' and '.join(f'`{name}`' for name in names)}"


def _has_fields(*names: str) -> Callable[[Glimpse], str]:
    """A look at objects that have all of these fields."""
    return lambda glimpse: tell_objects(
        glimpse, lambda fields: name_fields(*names) if set(names) <= fields.keys() else ""
    )


def _begins_with(*marks: bytes, what: str) -> Callable[[Glimpse], str]:
    return lambda glimpse: what if glimpse.head.startswith(marks) else ""


def _any_of(*looks: Callable[[Glimpse], str]) -> Callable[[Glimpse], str]:
    return lambda glimpse: next(filter(None, (look(glimpse) for look in looks)), "")


def _is_tagged(fields: JsonLine) -> str:
    """Hugging Face's rows: words, and a tag or its number for each."""
    for words in ("tokens", "words", "sentence"):
        count = len(fields[words]) if isinstance(fields.get(words), list) else 0
        if count and all(isinstance(each, str) for each in fields[words]):
            rows = (name for name, value in fields.items() if name != words and _is_row(value, count))
            return next((name_fields(words, name) for name in rows), "")
    return ""


def _is_row(value: object, count: int) -> bool:
    return isinstance(value, list) and len(value) == count and all(isinstance(each, int | str) for each in value)


def _is_spacy(fields: JsonLine) -> str:
    """A Doc of spaCy's as JSON, or its training data of before."""
    if isinstance(fields.get("ents"), list) and ({"tokens", "sents"} & fields.keys() or "text" in fields):
        return name_fields("ents")
    if isinstance(fields.get("paragraphs"), list) and any(
        "sentences" in each for each in _objects(fields["paragraphs"])
    ):
        return name_fields("paragraphs", "sentences")
    entities = fields.get("entities")
    is_training = (
        isinstance(entities, list) and "text" not in fields and any(isinstance(each, list) for each in entities)
    )
    return "the pairs hold `entities`" if is_training else ""


def _is_training_data(glimpse: Glimpse) -> str:
    """Pairs of a text and what is marked in it, a line each or in an array."""
    is_paired = re.match(r'\s*\[\s*(?:\[\s*)?"', glimpse.text) and '"entities"' in glimpse.text[:65536]
    return "the pairs hold `entities`" if is_paired else ""


def _objects(value: object) -> list[JsonLine]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


_XMI = re.compile(r"<[\w.-]+:XMI[\s>]")
_MARKUP = re.compile(r"\s*<(?:\?xml|!DOCTYPE|!--|[A-Za-z][\w:.-]*[\s/>])", re.IGNORECASE)


def _is_markup(glimpse: Glimpse) -> str:
    if not _MARKUP.match(glimpse.text) or tell_xmi(glimpse):
        return ""
    head = glimpse.text[:4096].casefold()
    if "<html" in head or "<!doctype html" in head:
        return "it is a page of markup"
    return "it is XML"


def tell_xmi(glimpse: Glimpse) -> str:
    """Whether a file's root is that of XMI, as a CAS has it."""
    return "it is XMI" if _XMI.search(glimpse.text[:4096]) else ""


def _is_table(glimpse: Glimpse) -> str:
    """CSV: a header without blanks, and as many cells in the lines after it."""
    lines = glimpse.lines[:20]
    for sign in ",;":
        counts = {line.count(sign) for line in lines}
        names = lines[0].split(sign) if lines else []
        if (
            min(counts, default=0) > 0
            and len(lines) > 1
            and all(re.fullmatch(r'"?[\w .-]{1,40}"?', name) for name in names)
        ):
            return f"the lines have cells with `{sign}` between, under {', '.join(names[:5])}"
    return ""


def tell_json(glimpse: Glimpse) -> str:
    """Whether a file begins as JSON does."""
    return "it is JSON" if glimpse.objects or re.match(r'\s*[\[{]\s*["\[{\]}]', glimpse.text) else ""


def _is_binary(glimpse: Glimpse) -> str:
    return "it is not text" if b"\0" in glimpse.head[:4096] else ""


def _is_prose(glimpse: Glimpse) -> str:
    """Sentences: lines of words in no columns."""
    lines = glimpse.lines
    counts = {len(line.split()) for line in lines}
    is_flowing = bool(lines) and not any("\t" in line for line in lines)
    ends = sum(line.rstrip().endswith((".", "!", "?", "”", '"', "。")) for line in lines)
    return "the lines are sentences, in no columns" if is_flowing and max(counts) > 2 and 2 * ends >= len(lines) else ""  # noqa: PLR2004


_UNPACK = "unpack it, and name the files in it"
_INGEST = "bring texts in with `labeling ingest`; annotations come in a format of `labeling import --help`"

# The first that is recognised counts: from the narrowest to the widest.
FOREIGN_FORMATS = (
    ForeignFormat(
        "a zip archive or an Office file",
        _begins_with(b"PK\x03\x04", b"PK\x05\x06", what="it begins as zip does"),
        _UNPACK,
    ),
    ForeignFormat(
        "another archive",
        _begins_with(b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"\x28\xb5\x2f\xfd", what="it is packed"),
        _UNPACK,
    ),
    ForeignFormat("a PDF", _begins_with(b"%PDF", what="it begins with %PDF"), _INGEST),
    ForeignFormat(
        "Parquet or Arrow",
        _begins_with(b"PAR1", b"ARROW1", b"\xff\xff\xff\xff", what="it begins as a table of Arrow's does"),
        "write its rows as JSON lines with `text` and `spans`, and import them as prodigy",
    ),
    ForeignFormat(
        "a database",
        _begins_with(b"SQLite format 3\0", what="it is a file of SQLite"),
        "export from the tool that owns it",
    ),
    ForeignFormat(
        "a DocBin of spaCy's",
        _begins_with(b"x\x9c", b"x\x01", b"x\xda", what="it is packed as spaCy packs"),
        "write a line of JSON with `text` and `spans` for each Doc, and import them as prodigy",
    ),
    ForeignFormat("something that is not text", _is_binary, _INGEST),
    ForeignFormat(
        "Argilla 1",
        _any_of(
            _has_fields("annotation", "annotation_agent"),
            _has_fields("prediction", "prediction_agent"),
        ),
        "move the dataset to Argilla 2, and write its records with `to_json`",
    ),
    ForeignFormat(
        "the state of a user of Potato's",
        _has_fields("instance_id_to_span_to_value"),
        "export with `python -m potato.export --format jsonl`, and import that as potato",
    ),
    ForeignFormat(
        "UIMA CAS as JSON of before 2022",
        _has_fields("_referenced_fss"),
        "export as UIMA CAS XMI, or as UIMA CAS JSON 0.4",
    ),
    ForeignFormat("PubAnnotation", _has_fields("denotations"), "export as brat stand-off"),
    ForeignFormat("BioC", _has_fields("documents", "infons"), "export as brat stand-off"),
    ForeignFormat(
        "Google's JSON lines",
        _any_of(_has_fields("textSegmentAnnotations"), _has_fields("text_snippet", "annotations")),
        "write its spans as JSON lines with `text` and `spans`, and import them as prodigy",
    ),
    ForeignFormat(
        "Azure's JSON",
        _has_fields("projectFileVersion", "assets"),
        "write its entities as JSON lines with `text` and `spans`",
    ),
    ForeignFormat(
        "LightTag",
        _any_of(_has_fields("examples", "schema"), _has_fields("tagged_token_id")),
        "export as brat stand-off",
    ),
    ForeignFormat("tagtog", _has_fields("annotatable", "anncomplete"), "export as brat stand-off"),
    ForeignFormat(
        "rows of Hugging Face's datasets",
        lambda glimpse: tell_objects(glimpse, _is_tagged),
        "write a token and the name of its tag a line, and import that as conll",
    ),
    ForeignFormat(
        "spaCy's JSON",
        _any_of(lambda glimpse: tell_objects(glimpse, _is_spacy), _is_training_data),
        "write a line of JSON with `text` and `spans` for each text, and import them as prodigy",
    ),
    ForeignFormat("HTML or XML", _is_markup, _INGEST),
)

# What is only told apart where nothing that can be imported was recognised.
VAGUE_FORMATS = (
    ForeignFormat("JSON of another tool", tell_json, _INGEST),
    ForeignFormat("a CSV table", _is_table, _INGEST),
    ForeignFormat("plain text", _is_prose, _INGEST),
)
