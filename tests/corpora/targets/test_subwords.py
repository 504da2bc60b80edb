"""Rows on the subwords of fast tokenizers built here: byte-level BPE, WordPiece that drops accents, and words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from datasets import load_from_disk
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from labeling.corpora.build.canonical import make_canonical_form
from labeling.corpora.build.flat_layer import choose_flat_layer, stack_layers
from labeling.corpora.targets.huggingface.arrow_columns import ArrowRow, make_batch
from labeling.corpora.targets.huggingface.dataset import TableWriter, make_features, write_dataset_dict
from labeling.corpora.targets.huggingface.subwords import (
    IGNORED,
    NO_WORD,
    encode_windows,
    labels_of_subwords,
    spans_from_labels,
    tokens_of_subwords,
)
from labeling.corpora.targets.token_tags import tag_names, tag_tokens
from labeling.tokens import make_tokenizer, token_edges
from labeling.workspace.rows.assignment import SPLITS

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from labeling.annotations import Gold
    from labeling.articles import Article
    from tests.corpora.conftest import Making

NLP = make_tokenizer("en")
SPECIAL = ["[UNK]", "[CLS]", "[SEP]", "[PAD]"]
CORPUS = ["Foreign Minister of Japan(Tokyo) met the Maldives delegation in Male today, the EU27 said"] * 3


def _fast(inner: Tokenizer, trainer: trainers.Trainer) -> PreTrainedTokenizerFast:
    inner.train_from_iterator(CORPUS, trainer)
    ends = [(name, inner.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    inner.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    return PreTrainedTokenizerFast(tokenizer_object=inner, unk_token="[UNK]", pad_token="[PAD]")  # type: ignore[no-untyped-call]


def _bytes() -> PreTrainedTokenizerFast:
    inner = Tokenizer(models.BPE(unk_token="[UNK]"))
    # Like GPT-2's: the blank before a word is part of it, and of its offsets.
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=False)
    inner.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    return _fast(inner, trainers.BpeTrainer(vocab_size=400, special_tokens=SPECIAL, initial_alphabet=alphabet))


def _pieces() -> PreTrainedTokenizerFast:
    inner = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    inner.normalizer = normalizers.BertNormalizer()
    inner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return _fast(inner, trainers.WordPieceTrainer(vocab_size=120, special_tokens=SPECIAL))


def _words() -> PreTrainedTokenizerFast:
    inner = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return _fast(inner, trainers.WordLevelTrainer(special_tokens=SPECIAL))


FAST = {"bytes": _bytes(), "pieces": _pieces(), "words": _words()}


def _rows(making: Making, article: Article, gold: Gold) -> pa.RecordBatch:
    labels, tokens = making.schema.label_names, token_edges(NLP.make_doc(article.text))
    stack = stack_layers(article.text, gold, choose_flat_layer(article.text, gold, labels), labels, 2)
    tags = [tag_tokens(tokens, layer, labels).tags for layer in stack]
    return make_batch(
        [ArrowRow(article.text, tokens, tags, make_canonical_form(article, gold))], make_features(labels).arrow_schema
    )


def _batch(making: Making, article: Article, gold: Gold) -> dict[str, list[Any]]:
    batch: dict[str, list[Any]] = _rows(making, article, gold).to_pydict()
    return batch


def _decoded(text: str, windows: dict[str, list[Any]], names: list[str]) -> set[tuple[int, int, str]]:
    pairs = zip(windows["offset_mapping"], windows["labels"], strict=True)
    return {span for offsets, labels in pairs for span in spans_from_labels(text, offsets, labels, names)}


@pytest.mark.parametrize("kind", ["bytes", "pieces"])
def test_subword_labels_decode_to_the_flat_layer(making: Making, kind: str) -> None:
    """However words are cut, the labels decode to the spans, to the character; special signs are ignored."""
    article = making.article("Foreign Minister of Japan(Tokyo) met Andr\u00e9 \U0001f44d Latheef in Male.")
    gold = making.gold(article, (0, 25, "PERSON"), (26, 31, "COUNTRY"), (37, 52, "PERSON"), (20, 25, "COUNTRY"))
    windows = encode_windows(_batch(making, article, gold), FAST[kind])

    assert article.text[37:52] == "Andr\u00e9 \U0001f44d Latheef"
    assert _decoded(article.text, windows, tag_names(making.schema.label_names)) == {
        (0, 25, "PERSON"),
        (26, 31, "COUNTRY"),
        (37, 52, "PERSON"),
    }
    assert windows["labels"][0][0] == windows["labels"][0][-1] == IGNORED
    assert windows["word_ids"][0][0] == NO_WORD
    assert len(windows["input_ids"][0]) == len(windows["labels"][0]) == len(windows["word_ids"][0])
    deeper = encode_windows(_batch(making, article, gold), FAST[kind], layer=1)
    assert _decoded(article.text, deeper, tag_names(making.schema.label_names)) == {(20, 25, "COUNTRY")}


def test_subword_labels_by_hand() -> None:
    """B only for a token's first subword; a subword over two tokens only if both have one label; unknown is ignored."""
    #        Anna  Berg  of  EU   27  Male  x
    starts = [0, 5, 10, 13, 15, 18, 23]
    ends = [4, 9, 12, 15, 17, 22, 24]
    tags = [1, 2, 0, 3, 0, -1, 0]
    #          CLS     An      na      _Berg   _of      EU27      Ma        le        blank     x x (two bytes)
    offsets = [(0, 0), (0, 2), (2, 4), (4, 9), (9, 12), (13, 17), (18, 20), (20, 22), (22, 23), (23, 24), (23, 24)]
    words = tokens_of_subwords(offsets, starts, ends)

    assert labels_of_subwords(offsets, words, starts, tags) == [-100, 1, 2, 2, 0, -100, -100, -100, -100, 0, 0]
    assert [word.start if word else NO_WORD for word in words] == [-1, 0, 0, 1, 2, 3, 5, 5, -1, 6, 6]
    whole = [(0, 9), (23, 24), (23, 24)]
    assert labels_of_subwords(whole, tokens_of_subwords(whole, starts, ends), starts, [1, 2, 0, 0, 0, 0, 3]) == [
        1,
        3,
        4,
    ]


def test_word_ids_equal_those_of_the_tokenizer_where_both_cut_alike(making: Making) -> None:
    """A tokenizer that cuts at blanks, on a text where that is all there is to cut: its own `word_ids` are ours."""
    article = making.article("Japan met the Maldives in Male")
    batch = _batch(making, article, making.gold(article, (0, 5, "COUNTRY")))
    theirs = FAST["words"](batch["text"])

    assert encode_windows(batch, FAST["words"])["word_ids"][0] == [
        NO_WORD if word is None else word for word in theirs.word_ids(0)
    ]


def test_windows_overlap_by_the_stride_and_cover_the_text(making: Making) -> None:
    """Every subword of a long article is in a window; a span that a window cuts goes on with I in the next."""
    text = "Japan met the Foreign Minister of the Maldives in Male today, "
    article = making.article(text * 8)
    places = [(len(text) * n + start, len(text) * n + end) for n in range(8) for start, end in ((0, 5), (14, 46))]
    gold = making.gold(article, *((start, end, "PERSON") for start, end in places))
    whole = encode_windows(_batch(making, article, gold), FAST["pieces"])
    windows = encode_windows(_batch(making, article, gold), FAST["pieces"], max_length=16, stride=4)
    names = tag_names(making.schema.label_names)

    assert len(windows["labels"]) == 10
    assert set(windows["article"]) == {article.id}
    assert max(map(len, windows["input_ids"])) == 16
    labelled = dict(zip(whole["offset_mapping"][0], whole["labels"][0], strict=True))
    for offsets, labels in zip(windows["offset_mapping"], windows["labels"], strict=True):
        assert [labelled[offset] for offset in offsets[1:-1]] == labels[1:-1]
    assert {offset for offsets in windows["offset_mapping"] for offset in offsets} == set(whole["offset_mapping"][0])
    assert {(start, end, "PERSON") for start, end in places} == _decoded(article.text, whole, names)


def test_encoding_maps_over_a_loaded_dataset(minister: tuple[Article, Gold], making: Making, tmp_path: Path) -> None:
    """`DatasetDict.map` over what is on disk, empty splits too; what is unknown is ignored."""
    for split in SPLITS:
        tables = TableWriter(tmp_path, split, making.schema.label_names)
        if split == "train":
            tables.add(_rows(making, *minister))
        tables.close()
    write_dataset_dict(tmp_path)
    rows = load_from_disk(str(tmp_path / "arrow"))
    windows = rows.map(
        lambda batch: encode_windows(batch, FAST["bytes"], max_length=16, stride=2),
        batched=True,
        remove_columns=rows["train"].column_names,
        load_from_cache_file=False,
    )

    assert windows["train"].num_rows > 1
    assert windows["dev"].num_rows == 0
    text, names = minister[0].text, tag_names(making.schema.label_names)
    columns = {name: windows["train"][name][:] for name in ("offset_mapping", "labels")}
    assert _decoded(text, columns, names) >= {(26, 31, "GOV_BODY")}
    # s5 begins inside the token "ForeignSecAhmed", so that nothing is known of what it touches.
    for offsets, labels in zip(columns["offset_mapping"], columns["labels"], strict=True):
        assert all(
            label == IGNORED for (start, end), label in zip(offsets, labels, strict=True) if end > 38 and start < 63
        )


WORDS = st.lists(
    st.sampled_from(["Male", "EU27", "\U0001f44d", "(IOR).Both", "caf\u00e9", "a", "@x", "#\u00e9\u0301"]), min_size=1
)


@given(WORDS, st.data())
def test_subword_labels_round_trip_for_any_flat_spans(making: Making, words: list[str], data: st.DataObject) -> None:
    """Byte by byte, every span on whole tokens decodes to itself, whatever the text."""
    article = making.article(" ".join(words))
    doc = NLP.make_doc(article.text)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(doc)), max_size=4)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    places = [(doc[start].idx, doc[end - 1].idx + len(doc[end - 1]), "PERSON") for start, end in pairs]
    windows = encode_windows(_batch(making, article, making.gold(article, *places)), _EACH_BYTE)

    assert _decoded(article.text, windows, tag_names(making.schema.label_names)) == set(places)


def _each_byte() -> PreTrainedTokenizerFast:
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    inner = Tokenizer(models.BPE(vocab={sign: n for n, sign in enumerate(sorted(alphabet))}, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True)
    return PreTrainedTokenizerFast(tokenizer_object=inner)  # type: ignore[no-untyped-call]


_EACH_BYTE = _each_byte()
