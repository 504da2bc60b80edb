"""Hugging Face's files: features fixed by the schema, tags by hand, and the same rows from Arrow and from Parquet."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
from datasets import load_dataset, load_from_disk
from seqeval.metrics.sequence_labeling import get_entities

from labeling.corpora.build.canonical import make_canonical_form
from labeling.corpora.build.flat_layer import choose_flat_layer, stack_layers
from labeling.corpora.targets.huggingface.arrow_columns import ArrowRow, make_batch
from labeling.corpora.targets.huggingface.dataset import (
    TableWriter,
    make_features,
    read_arrow,
    read_parquet,
    write_dataset_dict,
)
from labeling.corpora.targets.token_tags import TokenTags, explain_untagged, tag_names, tag_tokens
from labeling.tokens import make_tokenizer, token_edges
from labeling.workspace.rows.assignment import SPLITS

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.annotations import Gold
    from labeling.articles import Article
    from labeling.corpora.build.flat_layer import FlatLayer
    from tests.corpora.conftest import Making

NLP = make_tokenizer("en")


def _layered(making: Making, article: Article, gold: Gold, depth: int) -> tuple[list[FlatLayer], list[TokenTags]]:
    labels = making.schema.label_names
    stack = stack_layers(article.text, gold, choose_flat_layer(article.text, gold, labels), labels, depth)
    return stack, [tag_tokens(token_edges(NLP.make_doc(article.text)), layer, labels) for layer in stack]


def _tagged(making: Making, article: Article, gold: Gold) -> TokenTags:
    layer = choose_flat_layer(article.text, gold, making.schema.label_names)
    return tag_tokens(token_edges(NLP.make_doc(article.text)), layer, making.schema.label_names)


@pytest.fixture
def written(minister: tuple[Article, Gold], making: Making, tmp_path: Path) -> Path:
    """A dataset with one article in train and none elsewhere."""
    article, gold = minister
    for split in SPLITS:
        tables = TableWriter(tmp_path, split, making.schema.label_names)
        if split == "train":
            tags = [each.tags for each in _layered(making, article, gold, 3)[1]]
            row = ArrowRow(
                article.text, token_edges(NLP.make_doc(article.text)), tags, make_canonical_form(article, gold)
            )
            tables.add(make_batch([row], make_features(making.schema.label_names).arrow_schema))
        tables.close()
    write_dataset_dict(tmp_path)
    return tmp_path


def test_tags_by_hand(minister: tuple[Article, Gold], making: Making) -> None:
    """The flat layer in BIO over the policy's tokens; a span that starts inside a token leaves its tokens unknown."""
    found = _tagged(making, *minister)
    names = tag_names(making.schema.label_names)

    assert names == ["O", "B-PERSON", "I-PERSON", "B-GOV_BODY", "I-GOV_BODY", "B-COUNTRY", "I-COUNTRY"]
    # Foreign Minister of Japan ( Tokyo ) met @ ForeignSecAhmed (thumb) Latheef of the Maldives .
    assert found.tags == [1, 2, 2, 2, 0, 3, 0, 0, 0, -1, -1, -1, 0, 0, 0, 0]
    assert found.misaligned == {"s5"}


def test_tokens_of_open_stretches_are_minus_one(making: Making) -> None:
    """An open stretch is neither an entity nor O; inside a longer span it is known all the same."""
    article = making.article("Japan met the Maldives in Male today")
    gold = making.gold(article, (0, 5, "COUNTRY"), (10, 30, "GOV_BODY"), open=((14, 22), (31, 36)))

    assert _tagged(making, article, gold).tags == [5, 0, 3, 4, 4, 4, -1]


def test_nested_spans_are_tagged_in_further_layers(minister: tuple[Article, Gold], making: Making) -> None:
    """What crosses or is inside a longer span is in the next layer with room; the reason names the layer."""
    stack, tags = _layered(making, *minister, 2)
    three, deeper = _layered(making, *minister, 3)

    # Foreign Minister of Japan ( Tokyo ) met @ ForeignSecAhmed (thumb) Latheef of the Maldives .
    assert deeper[1].tags == [0, 3, 4, 4, 4, 4, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    assert deeper[2].tags == [0, 0, 0, 5, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    assert explain_untagged(stack, tags) == {
        "s1": "inside the PERSON 0..25",
        "s2": "crosses the PERSON 0..25; tag layer 2 has it",
        "s3": "the same stretch is GOV_BODY, which the schema names first",
        "s5": "a boundary falls inside a token, so no tag can hold it",
    }
    assert explain_untagged(three, deeper)["s1"] == "inside the PERSON 0..25; tag layer 3 has it"


def test_open_stretch_is_unknown_in_every_layer(making: Making) -> None:
    """Where annotators disagree, a nested span may be right or wrong, too."""
    article = making.article("Japan met the Maldives in Male today")
    gold = making.gold(article, (0, 5, "COUNTRY"), open=((14, 22),))

    assert [each.tags for each in _layered(making, article, gold, 2)[1]] == [
        [5, 0, 0, -1, 0, 0, 0],
        [0, 0, 0, -1, 0, 0, 0],
    ]


def test_seqeval_finds_the_same_entities(making: Making) -> None:
    """Another program finds the same entities in the tags, two that touch among them."""
    article = making.article("Japan Maldives met Japan today")
    gold = making.gold(article, (0, 5, "COUNTRY"), (6, 14, "COUNTRY"), (15, 24, "PERSON"))
    names = tag_names(making.schema.label_names)
    tags = [names[tag] for tag in _tagged(making, article, gold).tags]

    assert get_entities(tags) == [("COUNTRY", 0, 0), ("COUNTRY", 1, 1), ("PERSON", 2, 3)]


def test_load_from_disk_gives_features_and_rows_of_the_schema(
    written: Path, minister: tuple[Article, Gold], making: Making
) -> None:
    """`load_from_disk`: features by the schema, empty splits too, tags with their names."""
    article, _ = minister
    loaded = load_from_disk(str(written / "arrow"))
    row = loaded["train"][0]

    assert {split: rows.num_rows for split, rows in loaded.items()} == {"train": 1, "dev": 0, "test": 0}
    assert all(rows.features == make_features(making.schema.label_names) for rows in loaded.values())
    assert row["spans"][-1] == {"id": "s5", "start": 48, "end": 63, "label": "PERSON", "unsure": True}
    assert article.text[48:63] == "Ahmed \U0001f44d Latheef"
    assert row["relations"] == [
        {"head": "s1", "label": "PART_OF", "tail": "s5"},
        {"head": "s5", "label": "PART_OF", "tail": "s1"},
    ]
    assert row["choices"] == [{"name": "event", "option": "CONSULT"}, {"name": "usable", "option": "yes"}]
    places = zip(row["token_starts"], row["token_ends"], strict=True)
    assert [article.text[start:end] for start, end in places] == row["tokens"]
    assert loaded["dev"].features["tags"].feature.int2str(5) == "B-COUNTRY"
    assert len(row["tag_layers"]) == 3
    assert row["tag_layers"][0] == row["tags"]


def test_parquet_has_the_same_rows(written: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """`load_dataset` gives what `load_from_disk` gives; a split without rows has its Parquet file all the same."""
    cache = str(tmp_path_factory.mktemp("cache"))
    parquet = load_dataset("parquet", data_files={"train": str(written / "parquet" / "train.parquet")}, cache_dir=cache)
    arrow = load_from_disk(str(written / "arrow"))

    assert parquet["train"].to_list() == arrow["train"].to_list()
    assert parquet["train"].features == arrow["train"].features
    for split in ("dev", "test"):
        file = pq.ParquetFile(written / "parquet" / f"{split}.parquet")  # type: ignore[no-untyped-call]
        assert file.metadata.num_rows == 0


def test_parquet_features_are_written_for_datasets_3(written: Path) -> None:
    """`datasets` 3.6 does not know `List`: the features in the file have `Sequence`, or a JSON list for rows."""
    schema = pq.ParquetFile(written / "parquet" / "train.parquet").schema_arrow  # type: ignore[no-untyped-call]
    features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]

    # What 3.6.0 itself was seen to read; for `List` it raises "Feature type 'List' not found".
    assert set(re.findall(r'"_type": "(\w+)"', json.dumps(features))) == {"Value", "ClassLabel", "Sequence"}
    assert features["tokens"] == {"feature": {"dtype": "string", "_type": "Value"}, "_type": "Sequence"}
    assert features["open"] == [
        {"start": {"dtype": "int32", "_type": "Value"}, "end": {"dtype": "int32", "_type": "Value"}}
    ]


def test_arrow_and_parquet_read_back_are_gold(written: Path, minister: tuple[Article, Gold]) -> None:
    """The canonical form of the rows, read from either file, is that of gold."""
    assert list(read_arrow(written, "train")) == [make_canonical_form(*minister)]
    assert list(read_parquet(written, "train")) == [make_canonical_form(*minister)]
    assert list(read_arrow(written, "dev")) == []
    assert list(read_parquet(written, "test")) == []
