"""Rows of a dataset onto the subwords of any fast tokenizer, and labels of subwords back onto spans of the text.

Everything goes by offsets into the text, so that it does not matter how a tokenizer cuts words, which signs it drops or
in how many bytes it cuts an emoji. Long articles become several windows. Where nothing is known, and where a subword
covers more than the tags can express, the label is ``IGNORED``: no loss is taken there, and nothing false is learned.

``Maldives`` with the tag B-COUNTRY, cut into ``Mal`` and ``dives``, gives the labels B-COUNTRY and I-COUNTRY.

Use it with a tokenizer of ``transformers``::

    rows = load_from_disk("corpora/latest/huggingface/arrow")
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    windows = rows.map(
        lambda batch: encoded(batch, tokenizer, max_length=512, stride=64),
        batched=True,
        remove_columns=rows["train"].column_names,
    )
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from labeling.tokens import tokens_touching

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

# What PyTorch's cross entropy, and with it every trainer of `transformers`, leaves out of the loss.
IGNORED: Final = -100
# The word of a subword that lies in none: a special sign, padding, a blank.
NO_WORD: Final = -1
_OUTSIDE_TAG: Final = 0

Offsets: TypeAlias = "Sequence[tuple[int, int]]"


class FastTokenizer(Protocol):
    """What we need of a fast tokenizer of ``transformers``."""

    def __call__(
        self,
        text: list[str],
        *,
        truncation: bool,
        max_length: int | None,
        stride: int,
        return_overflowing_tokens: bool,
        return_offsets_mapping: bool,
    ) -> Mapping[str, Any]:
        """Encode texts; with offsets, and the number of the text that each window is of."""


def encode_windows(
    batch: Mapping[str, Sequence[Any]],
    tokenizer: FastTokenizer,
    *,
    max_length: int | None = None,
    stride: int = 0,
    layer: int = 0,
) -> dict[str, list[Any]]:
    """The windows of a batch of rows, each with a label for every subword.

    Args:
        batch: Columns of our rows: ``id``, ``text``, ``token_starts``, ``token_ends``, ``tag_layers``.
        tokenizer: Any fast one; a slow one has no offsets.
        max_length: The longest window, in subwords; None for whole articles.
        stride: How many subwords a window has in common with the one before.
        layer: Which of the tag layers, the flat one by default.

    Returns:
        What the tokenizer gives for each window (``input_ids`` ...), and ``labels``, ``offset_mapping``,
        ``word_ids`` (the number of the row's token that a subword begins in, or ``NO_WORD``) and ``article``, the id.
    """
    found = dict(
        tokenizer(
            list(batch["text"]),
            truncation=max_length is not None,
            max_length=max_length,
            stride=stride,
            return_overflowing_tokens=max_length is not None,
            return_offsets_mapping=True,
        )
    )
    windows = found["offset_mapping"]
    # Which row each window is of; without windows, the rows themselves.
    rows = found.pop("overflow_to_sample_mapping", range(len(windows)))
    columns: dict[str, list[Any]] = {
        **found,
        "labels": [],
        "word_ids": [],
        "article": [batch["id"][row] for row in rows],
    }
    for row, offsets in zip(rows, windows, strict=True):
        starts, ends, tags = batch["token_starts"][row], batch["token_ends"][row], batch["tag_layers"][row][layer]
        words = tokens_of_subwords(offsets, starts, ends)
        columns["labels"].append(labels_of_subwords(offsets, words, starts, tags))
        columns["word_ids"].append([word.start if word else NO_WORD for word in words])
    return columns


def tokens_of_subwords(offsets: Offsets, starts: list[int], ends: list[int]) -> list[range]:
    """The numbers of the row's tokens that each subword has a character of; none for special signs and blanks.

    Args:
        offsets: Start and end of each subword in the text; both 0 for a special sign.
        starts: Where the row's tokens start.
        ends: Where they end.
    """
    return [tokens_touching(starts, ends, start, end) if start < end else range(0) for start, end in offsets]


def labels_of_subwords(
    offsets: Offsets, words: Sequence[range], starts: Sequence[int], tags: Sequence[int]
) -> list[int]:
    """A label for each subword: the tag of its token, ``B-`` at most for the token's first.

    Args:
        offsets: Start and end of each subword.
        words: The tokens of each subword, as `tokens_of_subwords` gives them.
        starts: Where the row's tokens start.
        tags: The tags of the row's tokens, negative where nothing is known.
    """
    labels, before = list[int](), range(0)
    for (start, _), word in zip(offsets, words, strict=True):
        # A sign of several bytes can be several subwords at one place.
        first = bool(word) and start <= starts[word.start] and word.start not in before
        labels.append(_label_subword([tags[token] for token in word], first=first))
        before = word or before
    return labels


def spans_from_labels(
    text: str, offsets: Offsets, labels: Iterable[int], names: Sequence[str]
) -> Iterator[tuple[int, int, str]]:
    """The spans that labels of subwords stand for: start, end, label, without the blanks that some tokenizers add.

    Args:
        text: The article's.
        offsets: Start and end of each subword.
        labels: One for each; ``IGNORED`` ones are passed over.
        names: The tags' names, as the features of ``tags`` have them: ``O B-PERSON I-PERSON ...``.
    """
    begun: tuple[int, int, str] | None = None
    for (start, end), label in zip(offsets, labels, strict=True):
        # Special signs, and what is not known, neither end a span nor begin one.
        if label == IGNORED or start == end:
            continue
        prefix, _, name = names[label].partition("-")
        if begun and prefix == "I" and name == begun[2]:
            begun = begun[0], end, name
            continue
        if begun:
            yield _trim_blanks(text, *begun)
        begun = (start, end, name) if name else None
    if begun:
        yield _trim_blanks(text, *begun)


def _label_subword(tags: list[int], *, first: bool) -> int:
    """The label of a subword with these tags; tags come in pairs, ``B-`` odd and its ``I-`` one more."""
    if not tags or min(tags) < _OUTSIDE_TAG:
        return IGNORED
    inside = tags[0] + tags[0] % 2
    # A subword over several tokens has one label only if all of them continue one span, or are outside.
    if any(tag != inside for tag in tags[1:]):
        return IGNORED
    return tags[0] if first else inside


def _trim_blanks(text: str, start: int, end: int, label: str) -> tuple[int, int, str]:
    covered = text[start:end]
    return start + len(covered) - len(covered.lstrip()), end - len(covered) + len(covered.rstrip()), label
