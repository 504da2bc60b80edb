"""CoNLL as a target: the flat layer in IOB2 over the tokens of the tokenizer policy.

What CoNLL has no place for is in the ledger: spans outside the flat layer are ``span_only``, relations and choices
``not_held``. Nor has it a tag for "not known", and O would be a lie: a sentence that holds a token of which nothing is
known (a stretch in dispute, a span that starts inside a token) is left out of the file, in every split, and its spans
are ``span_only`` with that reason. The document itself stays, without that sentence.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from labeling.annotations import relation_id
from labeling.corpora.build.canonical import CanonicalForm, make_bare_span, sort_spans
from labeling.corpora.build.ledger_entries import account_for_choices, account_for_relations, account_for_spans
from labeling.corpora.targets.conll.iob2_document import TaggedDocument, format_document, read_documents
from labeling.corpora.targets.conll.sentences import SentenceCutter
from labeling.corpora.targets.target import HeldArticle, StoredCopy, Target
from labeling.corpora.targets.text_files import SplitFilesWriter
from labeling.corpora.targets.token_tags import UNKNOWN_TAG, explain_untagged, tag_names, tag_tokens
from labeling.imports.written_labels import write_labels
from labeling.tokens import tokens_touching
from labeling.values import digest_of
from labeling.workspace.rows.assignment import SPLITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from labeling.annotations import GoldSpan
    from labeling.corpora.targets.shared_article import SharedArticle
    from labeling.corpora.targets.target import Recipe
    from labeling.ledger import LedgerEntry
    from labeling.workspace.rows.assignment import SplitName

_CONLL: Final = "conll"
_NO_PLACE: Final = "CoNLL has a tag for each token and nothing else"
_UNKNOWN_SENTENCE: Final = "its sentence holds a token of which nothing is known, and is left out"


class _DocumentPieceBuilder:
    """The documents of one piece, as text."""

    def __init__(self, recipe: Recipe) -> None:
        self._labels = recipe.schema.label_names
        written = write_labels(self._labels)
        self._names, self._written = tag_names(written), dict(zip(self._labels, written, strict=True))
        self._cutter = SentenceCutter()
        self._texts: dict[SplitName, list[str]] = {}

    def add(self, shared: SharedArticle, split: SplitName) -> HeldArticle:
        """Keep the lines of an article."""
        tagging = tag_tokens(shared.edges, shared.flat, self._labels)
        sentences = self._cutter.cut(shared.tokens, ((span.start, span.end) for span in shared.flat.spans))
        # All or nothing: half a sentence would teach words without their context.
        known = [tokens for tokens in sentences if all(tagging.tags[token] != UNKNOWN_TAG for token in tokens)]
        words = shared.words
        document = TaggedDocument(
            shared.article.id,
            [[(words[token], self._names[tagging.tags[token]]) for token in tokens] for tokens in known],
        )
        self._texts.setdefault(split, []).append(format_document(document))

        # What must be found in the file is worked out from the spans, not from the tags that were just written.
        left = explain_untagged([shared.flat], [tagging])
        at = _place_words(known, words)
        held = [(span, place) for span in shared.flat.spans if (place := _place_span(shared, span, at))]
        kept = {span.id for span, _ in held}
        # A span that was not found and has no other reason was in a sentence that was left out.
        left |= {span.id: _UNKNOWN_SENTENCE for span in shared.flat.spans if span.id not in {*kept, *left}}
        form = _make_form(document, [(*place, self._written[span.label]) for span, place in held])
        return HeldArticle(_account_for_document(shared, left), form)

    def parts(self) -> dict[SplitName, str]:
        """The lines of each split."""
        return {split: "".join(texts) for split, texts in self._texts.items()}


def _place_words(sentences: Sequence[Sequence[int]], words: Sequence[str]) -> dict[int, tuple[int, int]]:
    """Where each token of these sentences lies in the text that is made of the words."""
    # One sign between two words, be it a blank in a sentence or a line end between two.
    places: dict[int, tuple[int, int]] = {}
    start = 0
    for token in (token for tokens in sentences for token in tokens):
        places[token] = start, start + len(words[token])
        start += len(words[token]) + 1
    return places


def _place_span(shared: SharedArticle, span: GoldSpan, at: Mapping[int, tuple[int, int]]) -> tuple[int, int] | None:
    """Where a span lies in the text that is made of the words; None if its sentence is not there."""
    # All its tokens are in one sentence, so that the first decides for the others.
    inside = tokens_touching(*shared.edges, span.start, span.end)
    if not inside or inside.start not in at:
        return None
    return at[inside.start][0], at[inside.stop - 1][1]


def _make_form(document: TaggedDocument, spans: Sequence[tuple[int, int, str]]) -> CanonicalForm:
    """What a document holds: its id, its words and its spans."""
    return CanonicalForm(
        article=document.article,
        digest=digest_of(document.text),
        provenance=("", "", "", ""),
        complete=True,
        spans=sort_spans(make_bare_span(*span) for span in spans),
        relations=(),
        choices=(),
        open=(),
        open_choices=(),
    )


def _account_for_document(shared: SharedArticle, left: Mapping[str, str]) -> list[LedgerEntry]:
    gold = shared.gold
    # One reason for all: no relation and no choice has a place, whatever it is.
    reasons = {relation_id(each): _NO_PLACE for each in gold.relations}
    return [
        *account_for_spans(gold, _CONLL, left),
        *account_for_relations(gold, _CONLL, reasons, "not_held"),
        *account_for_choices(gold, _CONLL, "not_held", _NO_PLACE),
    ]


def _read_forms(path: Path) -> Iterator[CanonicalForm]:
    for document in read_documents(path):
        yield _make_form(document, list(document.spans()))


def _list_conll_copies(folder: Path) -> list[StoredCopy]:
    return [StoredCopy(_CONLL, [(split, partial(_read_forms, folder / f"{split}.conll")) for split in SPLITS])]


def _open_conll_writer(folder: Path, _: Recipe) -> SplitFilesWriter:
    return SplitFilesWriter(folder, "conll")


CONLL: Final = Target(
    name=_CONLL,
    title="CoNLL",
    outcomes={
        "span": ("kept", "span_only", "left_out", "lost"),
        "relation": ("not_held", "left_out", "lost"),
        "choice": ("not_held", "left_out", "lost"),
    },
    packages=("spacy",),
    build=_DocumentPieceBuilder,
    open_writer=_open_conll_writer,
    copies=_list_conll_copies,
    templates="labeling.corpora.targets.conll",
)
