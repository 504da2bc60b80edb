"""CoNLL, written: a token a line with its IOB2 tags, one column for each layer of spans.

Spans that nest or cross lie in columns beside each other, the longest in the first one. Tokens are cut where a span
begins or ends inside one. Comments name each article and the digest of its text, and have the text of each sentence.
There is no place for relations, choices, doubts, notes and skips, nor for spans that begin or end with a blank.
"""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

from labeling.corpora.targets.conll.sentences import SentenceCutter
from labeling.corpora.targets.shared_article import cached_tokenizer
from labeling.exports.things import leave_out_all, leave_out_kinds, leave_out_spans
from labeling.imports.column_lines import split_documents
from labeling.imports.written_labels import write_labels
from labeling.tokens import cut_tokens, token_edges, tokens_touching

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from labeling.annotations import Annotation, Span
    from labeling.articles import Article
    from labeling.exports.things import ThingKey
    from labeling.project import Project
    from labeling.tokens import TokenEdges

_OUTSIDE = "O"
_UNFIT = "it begins or ends with a blank, which is not a token"
_NO_PLACE = "CoNLL has tags for tokens and nothing else"


class ConllWriter:
    """Writes one file, with as many columns of tags as the article with the most layers needs."""

    beside = ()

    def __init__(self, folder: Path, project: Project) -> None:
        """Write into an empty folder.

        Raises:
            ProjectFileError: spaCy does not cut the project's language into tokens by rules.
        """
        self._tokenizer, self._cutter = cached_tokenizer(project.file.project.language), SentenceCutter()
        labels = project.schema.label_names
        self._written = dict(zip(labels, write_labels(labels), strict=True))
        self._path, self._layers = folder / "annotations.conll", 1
        # How many columns there are is known at the end: until then, each line has those that its article needs.
        self._lines = tempfile.TemporaryFile("w+", encoding="utf-8", newline="\n", dir=folder)  # noqa: SIM115 - closed in `close`

    def add(self, article: Article, said: Annotation) -> dict[ThingKey, str]:
        """Write the lines of an article; return why what CoNLL cannot hold was left out."""
        if said.state == "skipped":
            return leave_out_all(said, "CoNLL cannot say that an article was skipped: nothing is written of it")
        ends = {span.id: article.text[span.start] + article.text[span.end - 1] for span in said.spans}
        unfit = {name: _UNFIT for name, signs in ends.items() if any(map(str.isspace, signs))}
        kept, left = leave_out_spans(said, unfit)
        left = leave_out_kinds(said, "relation", "choice", "unsure", "note", reason=_NO_PLACE) | left
        layers = _stack(kept.spans)
        lines = list(self._format(article, kept.spans, layers))
        if not _are_read_as_meant(lines, article.id):
            return leave_out_all(said, "one of its words would be read as a comment, or as the begin of a document")
        self._layers = max(self._layers, len(layers))
        self._lines.writelines(f"{line}\n" for line in lines)
        return left

    def close(self) -> None:
        """Write the file, each line with all its columns."""
        self._lines.seek(0)
        with self._lines, self._path.open("w", encoding="utf-8", newline="\n") as file:
            for line in self._lines:
                # Only the line of a token has a tab that is not in a comment.
                missing = self._layers - line.count("\t") if "\t" in line and not line.startswith("# ") else 0
                file.write(line.removesuffix("\n") + f"\t{_OUTSIDE}" * missing + "\n")

    def _format(self, article: Article, spans: Sequence[Span], layers: Sequence[Sequence[Span]]) -> Iterator[str]:
        doc = self._tokenizer.make_doc(article.text)
        places = [(span.start, span.end) for span in spans]
        doc = cut_tokens(doc, token_edges(doc), places)
        starts, ends = edges = token_edges(doc)
        columns = [self._tag(edges, layer) for layer in layers] or [[_OUTSIDE] * len(starts)]
        yield from (f"# newdoc id = {article.id}", f"# digest = {article.digest}")
        for sentence in self._cutter.cut(doc, places):
            words = article.text[starts[sentence[0]] : ends[sentence[-1]]]
            if "\n" not in words and "\r" not in words:
                yield f"# text = {words}"
            for token in sentence:
                yield "\t".join([article.text[starts[token] : ends[token]], *(column[token] for column in columns)])
            yield ""

    def _tag(self, edges: TokenEdges, layer: Sequence[Span]) -> list[str]:
        tags = [_OUTSIDE] * len(edges[0])
        for span in layer:
            label, tokens = self._written[span.label], tokens_touching(*edges, span.start, span.end)
            tags[tokens.start : tokens.stop] = [f"B-{label}", *[f"I-{label}"] * (len(tokens) - 1)]
        return tags


def _stack(spans: Sequence[Span]) -> list[list[Span]]:
    """The spans in layers of such as do not overlap, each in the first where it has room; longer ones first."""
    layers: list[list[Span]] = []
    for span in sorted(spans, key=lambda each: (each.start - each.end, each.start, each.label, each.id)):
        free = (layer for layer in layers if all(each.end <= span.start or span.end <= each.start for each in layer))
        layer = next(free, None)
        if layer is None:
            layers.append(layer := [])
        layer.append(span)
    return layers


def _are_read_as_meant(lines: Sequence[str], name: str) -> bool:
    """Whether the lines are one document of that name, with a row for each token and nothing else."""
    documents = split_documents("\n".join(lines))
    tokens = [line for line in lines if line and not line.startswith(("# newdoc id = ", "# digest = ", "# text = "))]
    return [document.name for document in documents] == [name] and [row.text for row in documents[0].rows] == tokens
