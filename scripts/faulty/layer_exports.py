"""Exports of INCEpTION and its kin, whose annotations are in layers: UIMA CAS as XMI and as JSON, and WebAnno TSV 3.

By definition their offsets count UTF-16; here they count what tools count, as with any other format.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from faulty.drafts import Draft, write_cut

if TYPE_CHECKING:
    from pathlib import Path

    from faulty.drafts import Rows
    from faulty.stories import Story

_DKPRO = "de.tudarmstadt.ukp.dkpro.core.api."
_ANNOTATION, _STRING = "uima.tcas.Annotation", "uima.cas.String"
# The types by their short names: what they are called, what they are below, and their features.
_TYPES = {
    "DocumentMetaData": (
        f"{_DKPRO}metadata.type.DocumentMetaData",
        "uima.tcas.DocumentAnnotation",
        ("documentTitle", "documentId"),
    ),
    "Token": (f"{_DKPRO}segmentation.type.Token", _ANNOTATION, ()),
    "NamedEntity": (f"{_DKPRO}ner.type.NamedEntity", _ANNOTATION, ("value", "identifier", "words")),
    "Entity": ("webanno.custom.Entity", _ANNOTATION, ("words", "kind")),
}
_TOKEN = re.compile(r"\w[\w\u0301\u0610-\u065f]*|[^\w\s]+")
_ESCAPES = {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}


def draft_cas_xmi(story: Story, counting: str, name: str) -> Draft:
    """XMI beside its type system."""

    def write(folder: Path, rows: Rows, *, cut: bool) -> Path:
        (folder / "TypeSystem.xml").write_text(_type_system(), encoding="utf-8")
        return write_cut(folder / f"{name}.xmi", _write_xmi(rows), cut=cut)

    rows, copied = _list_things(story, counting, name)
    return Draft(rows, copied, write)


def draft_cas_json(story: Story, counting: str, name: str) -> Draft:
    """JSON, which has its types inside."""

    def write(folder: Path, rows: Rows, *, cut: bool) -> Path:
        return write_cut(folder / f"{name}.json", json.dumps(_write_json(rows), ensure_ascii=False), cut=cut)

    rows, copied = _list_things(story, counting, name)
    return Draft(rows, copied, write)


def _list_things(story: Story, counting: str, name: str) -> tuple[Rows, bool]:
    """The things of a CAS, by type, the members of its view and its text; whether its spans hold their words."""
    copied = len(story.text) % 2 == 0
    places = [(story.count(start, counting), story.count(end, counting)) for start, end, _ in story.spans]
    things: list[dict[str, Any]] = [
        {"DocumentMetaData": {"id": 2, "begin": 0, "end": story.count(len(story.text), counting), "documentId": name}},
        {"Token": {"id": 3, "begin": places[0][0], "end": places[0][1]}},
    ]
    for number, ((start, end, label), (begin, stop)) in enumerate(zip(story.spans, places, strict=True), start=4):
        kind, feature = ("Entity", "kind") if len(story.text) % 3 == 0 else ("NamedEntity", "value")
        words = {"words": story.text[start:end]} if copied else {}
        things.append({kind: {"id": number, "begin": begin, "end": stop, feature: label, **words}})
    members = [each["id"] for thing in things for each in thing.values()]
    return [things, {"members": members, "sofaString": story.text}], copied and len(story.spans) > 1


def _type_system() -> str:
    kinds = "".join(
        f"<typeDescription><name>{name}</name><supertypeName>{above}</supertypeName><features>"
        + "".join(
            f"<featureDescription><name>{feature}</name><rangeTypeName>{_STRING}</rangeTypeName></featureDescription>"
            for feature in features
        )
        + "</features></typeDescription>"
        for name, above, features in _TYPES.values()
    )
    root = "typeSystemDescription"
    return f'<{root} xmlns="http://uima.apache.org/resourceSpecifier"><types>{kinds}</types></{root}>'


def _write_xmi(rows: Rows) -> str:
    things, ends = _things_of(rows)
    elements = "".join(
        f"<{_prefix(kind)}:{kind} {'sofa=' + quoteattr('1')} "
        + " ".join(f"{'xmi:id' if key == 'id' else key}={_quote(each)}" for key, each in fields.items())
        + "/>"
        for kind, fields in things
    )
    spaces = {"cas": "uima/cas", "custom": "webanno/custom"}
    spaces |= {_prefix(kind): name.rpartition(".")[0].replace(".", "/") for kind, (name, _, _) in _TYPES.items()}
    names = " ".join(f'xmlns:{short}="http:///{space}.ecore"' for short, space in spaces.items())
    inside = " ".join(
        f"{'members' if key == 'members' else key}={_quote(each)}" for key, each in ends.items() if key != "sofaString"
    )
    text = f" sofaString={_quote(ends['sofaString'])}" if "sofaString" in ends else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><xmi:XMI xmlns:xmi="http://www.omg.org/XMI" {names} xmi:version="2.0">'
        f'<cas:NULL xmi:id="0"/>{elements}'
        f'<cas:Sofa xmi:id="1" sofaNum="1" sofaID="_InitialView" mimeType="text"{text}/>'
        f'<cas:View sofa="1" {inside}/></xmi:XMI>'
    )


def _things_of(rows: Rows) -> tuple[list[tuple[str, dict[str, Any]]], dict[str, Any]]:
    """The things with their kinds, and what the view has, as far as they are still there."""
    parts = [each for each in rows if isinstance(each, list)]
    ends = next((each for each in rows if isinstance(each, dict)), {})
    found = [(kind, fields) for part in parts for thing in part for kind, fields in thing.items()]
    return [(kind, fields if isinstance(fields, dict) else {"id": 99}) for kind, fields in found], ends


def _prefix(kind: str) -> str:
    return {"DocumentMetaData": "type", "Token": "type2", "NamedEntity": "type3"}.get(kind, "custom")


def _quote(value: object) -> str:
    written = " ".join(map(str, value)) if isinstance(value, list) else str(value)
    return quoteattr(written, _ESCAPES)


def _write_json(rows: Rows) -> dict[str, Any]:
    things, ends = _things_of(rows)
    types = {
        name: {"%NAME": name, "%SUPER_TYPE": above, **{each: {"%NAME": each, "%RANGE": _STRING} for each in features}}
        for name, above, features in _TYPES.values()
    }
    sofa = {"%ID": 1, "%TYPE": "uima.cas.Sofa", "sofaNum": 1, "sofaID": "_InitialView"}
    sofa |= {key: each for key, each in ends.items() if key != "members"}
    structures = [
        {("%ID" if key == "id" else key): each for key, each in fields.items()}
        | {"%TYPE": _TYPES.get(kind, (f"webanno.custom.{kind}",))[0], "@sofa": 1}
        for kind, fields in things
    ]
    view = {"%SOFA": 1, **({"%MEMBERS": ends["members"]} if "members" in ends else {})}
    return {"%TYPES": types, "%FEATURE_STRUCTURES": [sofa, *structures], "%VIEWS": {"_InitialView": view}}


def draft_webanno(story: Story, counting: str, name: str) -> Draft:
    """A file of WebAnno TSV 3: its head, and for each line of the text the line, and a row for each of its tokens."""
    layer = f"{_DKPRO}ner.type.NamedEntity" if len(story.text) % 2 else "webanno.custom.Entity"
    rows: Rows = [["#FORMAT=WebAnno TSV 3.3"], [f"#T_SP={layer}|identifier|value"], [""]]
    lines = [(found.start(), found.end()) for found in re.finditer(r"[^\r\n]+", story.text) if found[0].strip()]
    for number, (first, last) in enumerate(lines, start=1):
        rows.append([f"#Text={story.text[first:last].strip()}"])
        for place, found in enumerate(_TOKEN.finditer(story.text[first:last]), start=1):
            start, end = first + found.start(), first + found.end()
            at = f"{story.count(start, counting)}-{story.count(end, counting)}"
            rows.append([f"{number}-{place}", at, found[0], *_cells(story, start, end)])
        rows.append([""])

    def write(folder: Path, rows: Rows, *, cut: bool) -> Path:
        return write_cut(folder / f"{name}.conll", "\n".join("\t".join(row) for row in rows), cut=cut)

    return Draft(rows, True, write)


def _cells(story: Story, start: int, end: int) -> tuple[str, str]:
    """What a token has in the two columns of the layer: a span of two words is numbered."""
    for number, (first, last, label) in enumerate(story.spans, start=1):
        if first <= start and end <= last:
            return (f"*[{number}]", f"{label}[{number}]") if (first, last) != (start, end) else ("*", label)
    return "_", "_"
