"""One article as a line of JSON of the kind that Prodigy reads and writes, and the line turned back.

``spans`` may nest and cross; each has the numbers of its first and last token, the last one included, as Prodigy counts
them. Tokens are cut where a span starts or ends inside one: they are there to annotate on, not to be measured by.
``relations`` join two spans, ``accept`` has the ``options`` that were chosen. Beside Prodigy's own keys, spans have our
ids and marks, and ``meta`` has the rest of what gold has.

An article in which something is open, or was not asked for yet, has the answer ``ignore``: Prodigy trains on what is
accepted, and would take a stretch in dispute for one without a span.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

from labeling.annotations import choice_id
from labeling.corpora.build.canonical import PROVENANCE, SPAN_FIELDS, CanonicalForm, describe_digest, sort_spans
from labeling.tokens import cut_tokens, token_edges, tokens_touching

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from spacy.tokens import Doc

    from labeling.corpora.build.canonical import SpanFact
    from labeling.corpora.targets.shared_article import SharedArticle
    from labeling.schema import Schema
    from labeling.tokens import TokenEdges

ProdigyLine: TypeAlias = "dict[str, Any]"


def make_prodigy_line(shared: SharedArticle, schema: Schema) -> ProdigyLine:
    """The line of an article."""
    form, text = shared.form, shared.article.text
    # Prodigy's page draws spans token by token, so that each must be whole tokens.
    doc = cut_tokens(shared.tokens, shared.edges, ((span.start, span.end) for span in shared.gold.spans))
    edges = token_edges(doc)
    # Our fields first, under the names of the one list of span fields; Prodigy reads those that it has.
    spans = {fact[0]: place_on_tokens(dict(zip(SPAN_FIELDS, fact, strict=True)), edges) for fact in form.spans}
    return {
        "text": text,
        "meta": {
            "id": form.article,
            **dict(zip(PROVENANCE, form.provenance, strict=True)),
            "digest": form.digest,
            "complete": form.complete,
            "open": form.open,
            "open_choices": form.open_choices,
            **({"unasked": form.unasked} if form.unasked else {}),
        },
        "tokens": list_prodigy_tokens(doc, text),
        "spans": list(spans.values()),
        "relations": [make_prodigy_relation(spans[head], spans[tail], label) for head, label, tail in form.relations],
        "options": list_prodigy_options(schema),
        "accept": form.choices,
        # Of a part of an article Prodigy cannot record that it is not known: all of it is left out of training.
        "answer": "accept" if form.complete else "ignore",
    }


def list_prodigy_tokens(doc: Doc, text: str) -> list[ProdigyLine]:
    """The tokens of a text, each with its place and its number."""
    starts, ends = token_edges(doc)
    return [
        {"text": text[start:end], "start": start, "end": end, "id": number, "ws": bool(token.whitespace_)}
        for number, (token, start, end) in enumerate(zip(doc, starts, ends, strict=True))
    ]


def list_prodigy_options(schema: Schema) -> list[ProdigyLine]:
    """What may be chosen for a text: every option of every choice."""
    return [
        {"id": choice_id(question.name, option.name), "text": f"{question.name}: {option.name}"}
        for question in schema.choices
        for option in question.options
    ]


def place_on_tokens(span: Mapping[str, Any], edges: TokenEdges) -> ProdigyLine:
    """A span with the numbers of its first and last token."""
    tokens = tokens_touching(*edges, span["start"], span["end"])
    return {**span, "token_start": tokens.start, "token_end": tokens.stop - 1}


def make_prodigy_relation(head: Mapping[str, Any], child: Mapping[str, Any], label: str) -> ProdigyLine:
    """A relation between two spans; ``head`` and ``child`` are the last token of each, as Prodigy has them."""
    return {
        "head": head["token_end"],
        "child": child["token_end"],
        "label": label,
        "head_span": head,
        "child_span": child,
    }


def format_prodigy_line(line: ProdigyLine) -> str:
    """The text of a line, in the order of its keys."""
    return f"{json.dumps(line, ensure_ascii=False)}\n"


def read_prodigy_texts(path: Path) -> Iterator[tuple[CanonicalForm, str]]:
    """The canonical form of each line of a file that was so written, and its text."""
    # Line ends are LF and nothing else: a text may hold others, which JSON leaves as they are.
    with path.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            fields = json.loads(line)
            yield parse_canonical_form(fields), fields["text"]


def parse_canonical_form(fields: ProdigyLine) -> CanonicalForm:
    """The canonical form of a line."""
    meta = fields["meta"]
    # Relations name their ends by our ids, which spans carry along.
    source, title, published, url = (meta[name] for name in PROVENANCE)
    return CanonicalForm(
        article=meta["id"],
        digest=describe_digest(fields["text"], meta["digest"]),
        provenance=(source, title, published, url),
        complete=meta["complete"] and fields["answer"] == "accept",
        spans=sort_spans(_parse_spans(fields["spans"], fields["tokens"])),
        relations=tuple(
            (each["head_span"]["id"], each["label"], each["child_span"]["id"]) for each in fields["relations"]
        ),
        choices=tuple(fields["accept"]),
        open=tuple((start, end) for start, end in meta["open"]),
        open_choices=tuple(meta["open_choices"]),
        unasked=tuple(meta.get("unasked", ())),
    )


def _parse_spans(spans: Sequence[Mapping[str, Any]], tokens: Sequence[Mapping[str, Any]]) -> Iterator[SpanFact]:
    """The spans, and once more each whose tokens are not where its offsets are: then the line holds more than gold."""
    for span in spans:
        name, start, end, label, *marks = (span[field] for field in SPAN_FIELDS)
        yield name, start, end, label, *marks
        by_tokens = tokens[span["token_start"]]["start"], tokens[span["token_end"]]["end"]
        if by_tokens != (start, end):
            yield name, *by_tokens, f"{label}, by its tokens", *marks
