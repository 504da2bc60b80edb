"""What a tagger learns from: texts with their gold, and with what is not known of it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labeling.annotations import CHOICE_ITEM, LABEL_ITEM, RELATION_ITEM
from labeling.corpora.store import target_folder
from labeling.corpora.targets.spacy.docbin import list_shards
from labeling.corpora.targets.spacy.docbin_public import SPANS
from labeling.corpora.targets.spacy.spacy_target import SPACY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from spacy.tokens import Doc

    from labeling.workspace.rows.assignment import SplitName


@dataclass(frozen=True)
class Example:
    """A text with its gold. Offsets are code points, half open.

    Attributes:
        text: The text.
        spans: Start, end and label of each.
        open: The stretches of which nothing is known but the spans in them.
        unasked_labels: Those that nobody was asked for: what nobody marked may have them.
        relations: Head and tail, by their numbers among the spans, and label.
        complete: Whether two spans without a relation are known to have none.
        unasked_relations: Those that nobody was asked for.
        answers: By question and option whether it was chosen; an option that is not there is not known.
    """

    text: str
    spans: tuple[tuple[int, int, str], ...] = ()
    open: tuple[tuple[int, int], ...] = ()
    unasked_labels: frozenset[str] = frozenset()
    relations: tuple[tuple[int, int, str], ...] = ()
    complete: bool = True
    unasked_relations: frozenset[str] = frozenset()
    answers: Mapping[str, Mapping[str, bool]] = field(default_factory=dict)


def read_examples(corpus: Path, split: SplitName) -> Iterator[Example]:
    """The articles of a split of a compiled dataset, as its files for spaCy have them.

    Raises:
        MissingInput: The dataset was compiled without these.
    """
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    for shard in list_shards(target_folder(corpus, SPACY.name) / split):
        # Texts and spans alone are read, which need no vocabulary but the shard's own.
        for doc in DocBin().from_disk(shard).get_docs(Vocab()):
            yield _example_of(doc)


def _example_of(doc: Doc) -> Example:
    data = doc.user_data
    spans = doc.spans.get(SPANS, ())
    numbers = {span.id_: number for number, span in enumerate(spans)}
    unasked = tuple(data.get("unasked", ()))
    return Example(
        text=doc.text,
        spans=tuple((span.start_char, span.end_char, span.label_) for span in spans),
        open=tuple((start, end) for start, end in data["open"]),
        unasked_labels=_unasked_names(unasked, LABEL_ITEM),
        relations=tuple((numbers[head], numbers[tail], label) for head, label, tail in data["relations"]),
        complete=data["complete"],
        unasked_relations=_unasked_names(unasked, RELATION_ITEM),
        answers=_answers(doc.cats, _unasked_names(unasked, CHOICE_ITEM)),
    )


def _unasked_names(unasked: tuple[str, ...], kind: str) -> frozenset[str]:
    return frozenset(item.removeprefix(kind) for item in unasked if item.startswith(kind))


def _answers(cats: Mapping[str, Any], unasked: frozenset[str]) -> dict[str, dict[str, bool]]:
    answers: dict[str, dict[str, bool]] = defaultdict(dict)
    for name, score in cats.items():
        if name not in unasked:
            question, _, option = name.partition("=")
            answers[question][option] = score >= 1.0
    return dict(answers)
