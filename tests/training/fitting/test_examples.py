"""What a tagger reads of a compiled dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import made
import pytest

from labeling.annotations import Gold, GoldSpan, Relation
from labeling.corpora.build.flat_layer import choose_flat_layer
from labeling.corpora.targets.spacy.docbin import ShardPacker, ShardWriter, make_doc
from labeling.errors import MissingInput
from labeling.project import load_project
from labeling.tokens import make_tokenizer, token_edges
from labeling.training.fitting.examples import Example, read_examples

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "\U0001f600 Minister of Japan(Tokyo) met Ann"
# The COUNTRY ends inside a token, and is cut out of it in the dataset.
SPANS = (("s1", 2, 19, "PERSON"), ("s2", 14, 19, "COUNTRY"), ("s3", 31, 34, "PERSON"))


def write(folder: Path, **fields: object) -> None:
    """A dataset whose train split has one article with this gold."""
    schema = load_project(workspace=folder / "workspace").schema
    article = made.article("a", TEXT)
    gold = Gold.model_validate(
        {
            "article": "a",
            "digest": article.digest,
            "complete": True,
            "spans": tuple(
                GoldSpan(id=name, start=start, end=end, label=label, rule="unanimous", by=("ana",))
                for name, start, end, label in SPANS
            ),
            **fields,
        }
    )
    tokens = make_tokenizer("en").make_doc(TEXT)
    layer = choose_flat_layer(TEXT, gold, schema.label_names)
    pack = ShardPacker()
    pack.add(make_doc(tokens, token_edges(tokens), article, gold, layer, schema))
    for split in ("train", "dev"):
        shards = ShardWriter(folder / "spacy" / split)
        if split == "train":
            shards.add(pack.shards())
        shards.close()


def test_everything_known_comes_back(tmp_path: Path) -> None:
    """Text, spans to the character, relations by the numbers of spans, choices by option."""
    relations = (Relation(head="s3", tail="s2", label="PART_OF"),)
    write(tmp_path, relations=relations, choices={"event": ("CONSULT",), "usable": ("yes",)})

    [example] = read_examples(tmp_path, "train")

    assert example.text == TEXT
    assert set(example.spans) == {(start, end, label) for _, start, end, label in SPANS}
    [(head, tail, label)] = example.relations
    assert (example.spans[head], example.spans[tail], label) == ((31, 34, "PERSON"), (14, 19, "COUNTRY"), "PART_OF")
    assert example.complete
    assert example.open == ()
    assert example.answers["usable"] == {"yes": True, "no": False}
    assert example.answers["event"]["CONSULT"] is True
    assert set(example.answers["event"].values()) == {True, False}
    assert list(read_examples(tmp_path, "dev")) == []


def test_what_is_not_known_is_not_there(tmp_path: Path) -> None:
    """Open stretches, labels, relations and options that nobody was asked for, options in dispute."""
    write(
        tmp_path,
        complete=False,
        open=((20, 25),),
        choices={"event": ("CONSULT",)},
        open_choices=("usable=yes", "usable=no"),
        unasked=("label COUNTRY", "relation PART_OF", "choice event=CONSULT"),
    )

    [example] = read_examples(tmp_path, "train")

    assert not example.complete
    assert example.open == ((20, 25),)
    assert example.unasked_labels == {"COUNTRY"}
    assert example.unasked_relations == {"PART_OF"}
    assert "usable" not in example.answers
    assert "CONSULT" not in example.answers["event"]


def test_a_dataset_without_these_files_is_named(tmp_path: Path) -> None:
    """Compiled for other targets only."""
    with pytest.raises(MissingInput, match="spacy"):
        list(read_examples(tmp_path, "train"))


def test_an_example_is_complete_unless_told_otherwise() -> None:
    """A text with nothing in it is known to have nothing in it."""
    assert Example("Oslo") == Example("Oslo", spans=(), open=(), complete=True, answers={})
