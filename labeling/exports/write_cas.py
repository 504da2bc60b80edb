"""UIMA CAS, written: a file an article, called by its id where it can be, as XMI with its type system or as JSON.

Spans are DKPro's named entities; doubts and notes are two more features of theirs. Relations and choices are custom
layers. A skip has no place in a CAS, nor have signs that XML does not know one in XMI. Words and sentences are left to
the tool that opens it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from labeling.annotations import relation_id
from labeling.exports.file_names import FileNames
from labeling.exports.things import leave_out_all
from labeling.imports.cas.cas_types import (
    CHOICE_LAYER,
    CHOICE_NAME,
    DEPENDENT,
    DOCUMENT_METADATA,
    GOVERNOR,
    NAMED_ENTITY,
    OPTION_NAME,
    RELATION_LAYER,
    STRING,
    TYPE_SYSTEM,
    load_cassis,
)
from labeling.schema import UNSURE

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.annotations import Annotation
    from labeling.articles import Article
    from labeling.exports.things import ThingKey
    from labeling.project import Project

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SKIPPED = "a CAS cannot say that an article was skipped: nothing is written of it"


class CasXmiWriter:
    """Writes XMI, and the type system once, beside."""

    beside: tuple[str, ...] = (TYPE_SYSTEM,)
    ending = ".xmi"

    def __init__(self, folder: Path, project: Project) -> None:
        """Write into an empty folder.

        Raises:
            UsageError: The package for it is not installed.
        """
        self._folder, self._language = folder, project.file.project.language
        self._system = _make_type_system()
        # The record of the export has this name.
        self._names = FileNames({"export"})

    def add(self, article: Article, said: Annotation) -> dict[ThingKey, str]:
        """Write an article; return why what the file cannot hold was left out."""
        if said.state == "skipped":
            return leave_out_all(said, _SKIPPED)
        if reason := self._reason_against(article.text + article.id + article.title):
            return leave_out_all(said, reason)
        left: dict[ThingKey, str] = {
            ("note", span.id): reason for span in said.spans if (reason := self._reason_against(span.note))
        }
        path = self._folder / self._names.take(article.id)
        path.parent.mkdir(parents=True, exist_ok=True)
        cas = self._make_cas(article, said, left)
        path.with_name(path.name + self.ending).write_text(self._serialise(cas), encoding="utf-8", newline="\n")
        return left

    def close(self) -> None:
        """Write the type system."""
        (self._folder / TYPE_SYSTEM).write_text(self._system.to_xml(), encoding="utf-8", newline="\n")

    def _reason_against(self, words: str) -> str:
        found = _NOT_IN_XML.search(words)
        return f"XML has no U+{ord(found[0]):04X}" if found else ""

    def _serialise(self, cas: Any) -> str:  # noqa: ANN401 - a package without types
        return str(cas.to_xmi())

    def _make_cas(self, article: Article, said: Annotation, left: dict[ThingKey, str]) -> Any:  # noqa: ANN401
        cas = load_cassis().Cas(self._system, sofa_string=article.text, sofa_mime="text/plain")
        kinds = {name: self._system.get_type(name) for name in _FEATURES}
        metadata = {"documentId": article.id, "documentTitle": article.title or None, "language": self._language}
        cas.add(kinds[DOCUMENT_METADATA](begin=0, end=len(article.text), **metadata))
        spans = {
            each.id: kinds[NAMED_ENTITY](
                begin=each.start,
                end=each.end,
                value=each.label,
                unsure=each.unsure,
                note=each.note if each.note and ("note", each.id) not in left else None,
            )
            for each in said.spans
        }
        cas.add_all(spans.values())
        for link in sorted(said.relations, key=relation_id):
            head, tail = spans[link.head], spans[link.tail]
            ends = {GOVERNOR: head, DEPENDENT: tail}
            # INCEpTION draws a relation at the word it leads to.
            cas.add(kinds[RELATION_LAYER](begin=tail.begin, end=tail.end, label=link.label, **ends))
        for name, options in said.choices.items():
            cas.add_all(kinds[CHOICE_LAYER](**{CHOICE_NAME: name, OPTION_NAME: option}) for option in options)
        return cas


class CasJsonWriter(CasXmiWriter):
    """Writes JSON, each file with its type system inside."""

    beside = ()
    ending = ".json"

    def close(self) -> None:
        """Nothing is left to be written."""

    def _reason_against(self, words: str) -> str:  # noqa: ARG002 - JSON holds every sign
        return ""

    def _serialise(self, cas: Any) -> str:  # noqa: ANN401
        return str(cas.to_json())


# Each type, that which it is below, and its features.
_FEATURES: dict[str, tuple[str, dict[str, str]]] = {
    DOCUMENT_METADATA: ("uima.tcas.DocumentAnnotation", {"documentTitle": STRING, "documentId": STRING}),
    NAMED_ENTITY: ("uima.tcas.Annotation", {"value": STRING, UNSURE: "uima.cas.Boolean", "note": STRING}),
    RELATION_LAYER: ("uima.tcas.Annotation", {"label": STRING, GOVERNOR: NAMED_ENTITY, DEPENDENT: NAMED_ENTITY}),
    CHOICE_LAYER: ("uima.cas.AnnotationBase", {CHOICE_NAME: STRING, OPTION_NAME: STRING}),
}


def _make_type_system() -> Any:  # noqa: ANN401
    system = load_cassis().TypeSystem()
    for name, (above, features) in _FEATURES.items():
        kind = system.create_type(name, above)
        for feature, value in features.items():
            system.create_feature(kind, feature, value)
    return system
