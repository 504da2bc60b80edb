"""JSON lines of Prodigy's kind, written: everything that an annotation has, and whether it was accepted.

The lines are those of the target of that name, with the notes that people wrote; a skip is the answer ``ignore``.
Tokens are cut where a span begins or ends inside one.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from labeling.annotations import choice_id
from labeling.corpora.build.canonical import PROVENANCE
from labeling.corpora.targets.prodigy.prodigy_lines import (
    format_prodigy_line,
    list_prodigy_options,
    list_prodigy_tokens,
    make_prodigy_relation,
    place_on_tokens,
)
from labeling.corpora.targets.shared_article import cached_tokenizer
from labeling.exports.sayings import GOLD
from labeling.tokens import cut_tokens, token_edges

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.annotations import Annotation, Span
    from labeling.articles import Article
    from labeling.corpora.targets.prodigy.prodigy_lines import ProdigyLine
    from labeling.exports.things import ThingKey
    from labeling.project import Project
    from labeling.tokens import TokenEdges


class ProdigyWriter:
    """Writes one file with a line an article."""

    beside = ()

    def __init__(self, folder: Path, project: Project) -> None:
        """Write into an empty folder.

        Raises:
            ProjectFileError: spaCy does not cut the project's language into tokens by rules.
        """
        self._tokenizer = cached_tokenizer(project.file.project.language)
        self._options = list_prodigy_options(project.schema)
        self._file = (folder / "annotations.jsonl").open("w", encoding="utf-8", newline="\n")

    def add(self, article: Article, said: Annotation) -> dict[ThingKey, str]:
        """Write the line of an article, which holds all of it."""
        doc = self._tokenizer.make_doc(article.text)
        doc = cut_tokens(doc, token_edges(doc), ((span.start, span.end) for span in said.spans))
        line = self._make_line(article, said, list_prodigy_tokens(doc, article.text), token_edges(doc))
        self._file.write(format_prodigy_line(line))
        return {}

    def close(self) -> None:
        """Write what is left."""
        self._file.close()

    def _make_line(
        self, article: Article, said: Annotation, tokens: list[ProdigyLine], edges: TokenEdges
    ) -> ProdigyLine:
        spans = {span.id: place_on_tokens(_make_span(article, span), edges) for span in said.spans}
        return {
            "text": article.text,
            "meta": {
                "id": article.id,
                **{name: value for name in PROVENANCE if (value := getattr(article, name))},
            },
            "tokens": tokens,
            "spans": list(spans.values()),
            "relations": [
                make_prodigy_relation(spans[each.head], spans[each.tail], each.label) for each in said.relations
            ],
            "options": self._options,
            "accept": [choice_id(name, option) for name, options in said.choices.items() for option in options],
            "answer": "ignore" if said.state == "skipped" else "accept",
            # Gold is nobody's.
            **({} if said.annotator == GOLD else {"_annotator_id": said.annotator}),
            **({"_timestamp": stamp} if (stamp := _timestamp(said.updated)) is not None else {}),
        }


def _make_span(article: Article, span: Span) -> dict[str, Any]:
    return {
        "id": span.id,
        "start": span.start,
        "end": span.end,
        "label": span.label,
        "text": article.text[span.start : span.end],
        **({"unsure": True} if span.unsure else {}),
        **({"note": span.note} if span.note else {}),
    }


def _timestamp(instant: str) -> int | float | None:
    """An ISO instant as seconds since 1970, in UTC where it has no time zone; None without one."""
    if not instant:
        return None
    moment = datetime.fromisoformat(instant)
    seconds = moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    return int(seconds) if seconds.is_integer() else seconds
