"""`Doc._.rel`: what a user of explosion's relation tutorial reads, and what the flat layer could not hold."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from labeling.annotations import LedgerRow, Relation
from labeling.corpora.build.build import build_dataset
from labeling.corpora.build.flat_layer import choose_flat_layer
from labeling.corpora.targets.spacy.docbin import make_doc
from labeling.corpora.targets.spacy.relation_pairs import RelationPairBuilder
from labeling.schema import RelationType
from labeling.tokens import make_tokenizer, token_edges
from labeling.workspace.storage import read_rows

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.annotations import Gold
    from labeling.articles import Article
    from labeling.corpora.targets.spacy.relation_pairs import RelationPairs
    from labeling.schema import Schema
    from tests.corpora.conftest import Making

NLP = make_tokenizer("en")
KINDS = (
    RelationType(name="LEADS", definition="x", example="x", head=("PERSON",), tail=("GOV_BODY",)),
    RelationType(name="PART_OF", definition="x", example="x", head=("GOV_BODY",), tail=("COUNTRY",)),
    RelationType(name="SAME_AS", definition="x", example="x", symmetric=True),
)
# Tokens: 0 Ana, 1 leads, 2 the, 3 Ministry, 4 of, 5 Japan, 6 ; 7 Tokyo, 8 praised, 9 it
TEXT = "Ana leads the Ministry of Japan; Tokyo praised it"


@pytest.fixture
def schema(making: Making) -> Schema:
    """Two directed relations and a symmetric one between persons, bodies and countries."""
    return making.schema.model_copy(update={"relations": KINDS})


def _pairs(making: Making, schema: Schema, distance: int = 100, **fields: object) -> RelationPairs:
    """Ana (PERSON, token 0), Ministry (GOV_BODY, 3), Japan (COUNTRY, 5) and Tokyo (COUNTRY, 7)."""
    article = making.article(TEXT)
    places = ((0, 3, "PERSON"), (14, 22, "GOV_BODY"), (26, 31, "COUNTRY"), (33, 38, "COUNTRY"))
    gold = making.gold(article, *places, **fields)
    tokens, layer = NLP.make_doc(TEXT), choose_flat_layer(TEXT, gold, schema.label_names)
    return RelationPairBuilder(schema, distance).build(
        make_doc(tokens, token_edges(tokens), article, gold, layer, schema), gold
    )


def test_relation_view_by_hand(making: Making, schema: Schema) -> None:
    """A relation of gold is 1; what the schema allows and gold does not have is 0; nothing else."""
    relations = (Relation(head="s0", tail="s1", label="LEADS"), Relation(head="s3", tail="s2", label="SAME_AS"))

    assert _pairs(making, schema, relations=relations) == {
        (0, 3): {"LEADS": 1},
        (3, 5): {"PART_OF": 0},
        (3, 7): {"PART_OF": 0},
        (5, 7): {"SAME_AS": 1},
        (7, 5): {"SAME_AS": 1},
    }


def test_distance_limits_zeros_but_not_ones(making: Making, schema: Schema) -> None:
    """Starts at most two tokens apart have zeros; a relation of gold is in the view however long it is."""
    relations = (Relation(head="s1", tail="s3", label="PART_OF"),)

    assert _pairs(making, schema, 2, relations=relations) == {
        (3, 7): {"PART_OF": 1},
        (3, 5): {"PART_OF": 0},
        (5, 7): {"SAME_AS": 0},
        (7, 5): {"SAME_AS": 0},
    }


def test_an_open_article_has_no_zeros(making: Making, schema: Schema) -> None:
    """Where something is in dispute, nobody knows what is not related."""
    relations = (Relation(head="s0", tail="s1", label="LEADS"),)

    assert _pairs(making, schema, relations=relations, open=((39, 46),)) == {(0, 3): {"LEADS": 1}}


def test_relation_view_read_back_as_in_the_tutorial(
    making: Making, minister: tuple[Article, Gold], tmp_path: Path
) -> None:
    """Without us, by an extension of the tutorial's name: the dict is there; the ledger has what is not in it."""
    article = making.article("Ana of Japan", "b")
    gold = making.gold(
        article, (0, 3, "PERSON"), (7, 12, "COUNTRY"), relations=(Relation(head="s0", tail="s1", label="PART_OF"),)
    )
    project = making.workspace(tmp_path / "workspace", [(*minister, "train"), (article, gold, "train")])
    (tmp_path / "dataset").mkdir()
    build_dataset(project, tmp_path / "dataset")
    code = (
        "import sys; sys.modules['labeling'] = None; import spacy; from spacy.tokens import Doc, DocBin\n"
        "Doc.set_extension('rel', default={})\n"
        "bin = DocBin().from_disk(sys.argv[1])\n"
        "print([doc._.rel for doc in bin.get_docs(spacy.blank('en').vocab)])"
    )
    shard = tmp_path / "dataset" / "spacy" / "train" / "complete" / "000.spacy"

    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, shard], capture_output=True, text=True, check=True
    )

    pair, none = {"PART_OF": 1}, {"PART_OF": 0}
    # The minister's flat layer: tokens 0 (a PERSON), 5 (a GOV_BODY) and 10 (a PERSON). Both relations of gold need s1.
    ways = [(0, 5), (5, 0), (0, 10), (10, 0), (5, 10), (10, 5)]
    # Shards are filled in the order of ids: b, minister.
    assert ast.literal_eval(run.stdout) == [{(0, 2): pair, (2, 0): none}, dict.fromkeys(ways, none)]
    rows = [
        (row.id, row.outcome, row.reason)
        for row in read_rows(tmp_path / "dataset" / "ledger.jsonl", LedgerRow)
        if row.stage == "spacy" and row.what == "relation"
    ]
    why = "exact in user_data, not in Doc._.rel: s1 is not in the flat layer: inside the PERSON 0..25"
    assert rows == [
        ("s0 PART_OF s1", "kept", ""),
        ("s5 PART_OF s1", "kept", why),
        ("s1 PART_OF s5", "kept", why),
    ]
