"""spaCy's files: every span with its id, the flat layer, missing which is not O, and everything again after reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spacy.training import Corpus

from labeling.corpora.build.canonical import make_canonical_form
from labeling.corpora.build.flat_layer import choose_flat_layer
from labeling.corpora.targets.spacy.docbin import ShardPacker, ShardWriter, make_doc
from labeling.tokens import make_tokenizer, token_edges

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from spacy.tokens import Doc

    from labeling.annotations import Gold
    from labeling.articles import Article
    from tests.corpora.conftest import Making

NLP = make_tokenizer("en")


def _doc(making: Making, article: Article, gold: Gold) -> Doc:
    layer = choose_flat_layer(article.text, gold, making.schema.label_names)
    tokens = NLP.make_doc(article.text)
    return make_doc(tokens, token_edges(tokens), article, gold, layer, making.schema)


def _shards(docs: Iterable[Doc]) -> dict[str, bytes]:
    pack = ShardPacker()
    for doc in docs:
        pack.add(doc)
    return pack.shards()


def _back(making: Making, folder: Path, *docs: Doc) -> list[Doc]:
    """The docs after a trip over the disk, into a vocabulary that has seen nothing."""
    shards = ShardWriter(folder)
    shards.add(_shards(docs))
    shards.close()
    return making.docs_in(folder)


def test_doc_read_back_holds_everything(minister: tuple[Article, Gold], making: Making, tmp_path: Path) -> None:
    """Spans, ids, flat layer, cats, relations, provenance: all by name and to the character."""
    article, gold = minister
    (doc,) = _back(making, tmp_path, _doc(making, article, gold))

    assert doc.text == article.text
    assert [(span.id_, span.label_, span.text) for span in doc.spans["sc"]] == [
        ("s0", "PERSON", "Foreign Minister of Japan"),
        ("s2", "GOV_BODY", "Minister of Japan(Tokyo)"),
        ("s1", "COUNTRY", "Japan"),
        ("s3", "COUNTRY", "Tokyo"),
        ("s4", "GOV_BODY", "Tokyo"),
        ("s5", "PERSON", "Ahmed \U0001f44d Latheef"),
    ]
    assert [(ent.ent_id_, ent.label_, ent.text) for ent in doc.ents] == [
        ("s0", "PERSON", "Foreign Minister of Japan"),
        ("s4", "GOV_BODY", "Tokyo"),
        ("s5", "PERSON", "Ahmed \U0001f44d Latheef"),
    ]
    assert doc.cats == {"event=CONSULT": 1.0, "event=AGREE": 0.0, "usable=yes": 1.0, "usable=no": 0.0}
    assert doc.user_data["relations"] == (("s1", "PART_OF", "s5"), ("s5", "PART_OF", "s1"))
    assert doc.user_data["unsure"] == ("s5",)
    assert (doc.user_data["article"], doc.user_data["source"]) == ("minister", "wire")
    assert making.content_of(doc) == make_canonical_form(article, gold)


def test_tokens_of_open_stretches_are_missing_not_o(making: Making, tmp_path: Path) -> None:
    """Tokens of an open stretch have no tag at all; those of a span around it keep theirs; the rest is O."""
    article = making.article("Japan met the Maldives in Male today")
    gold = making.gold(article, (0, 5, "COUNTRY"), (10, 30, "GOV_BODY"), open=((14, 22), (31, 36)))
    (doc,) = _back(making, tmp_path, _doc(making, article, gold))

    assert [token.ent_iob_ for token in doc] == ["B", "O", "B", "I", "I", "I", ""]
    assert doc.user_data["open"] == ((14, 22), (31, 36))


def test_unanswered_question_has_no_category(making: Making) -> None:
    """No event ticked means none; a single choice left open, or a disputed option, has no entry."""
    article = making.article("Japan")
    nothing = _doc(making, article, making.gold(article))
    disputed = _doc(making, article, making.gold(article, open_choices=("event=AGREE",)))

    assert nothing.cats == {"event=CONSULT": 0.0, "event=AGREE": 0.0}
    assert disputed.cats == {"event=CONSULT": 0.0}


def test_open_articles_are_in_a_folder_of_their_own(making: Making, tmp_path: Path) -> None:
    """The reader of spaCy finds both in the folder, and only what is complete in `complete/`."""
    known, asked = making.article("Japan", "known"), making.article("Maldives", "asked")
    _back(
        making,
        tmp_path,
        _doc(making, known, making.gold(known, (0, 5, "COUNTRY"))),
        _doc(making, asked, making.gold(asked, open=((0, 8),))),
    )

    def read(folder: Path) -> list[str]:
        return [example.reference.user_data["article"] for example in Corpus(folder)(NLP)]

    assert read(tmp_path) == ["known", "asked"]
    assert read(tmp_path / "complete") == ["known"]


def test_empty_split_has_an_empty_shard(making: Making, tmp_path: Path) -> None:
    """Nothing to write leaves a shard with nothing in it, which spaCy reads without a warning."""
    assert _back(making, tmp_path) == []
    assert [path.name for path in (tmp_path / "complete").iterdir()] == ["000.spacy"]
    assert list(Corpus(tmp_path)(NLP)) == []


def test_shards_are_numbered_by_piece_and_kind(making: Making, tmp_path: Path) -> None:
    """A shard a piece, numbered by kind; read back, the docs come in the order they were added."""
    articles = [making.article("Japan", f"a{number}") for number in range(5)]
    gold = [making.gold(article, open=((0, 5),) if article.id == "a3" else ()) for article in articles]
    docs = [_doc(making, *each) for each in zip(articles, gold, strict=True)]
    shards = ShardWriter(tmp_path)
    for piece in (docs[:2], docs[2:4], docs[4:]):
        shards.add(_shards(piece))
    shards.close()

    assert [doc.user_data["article"] for doc in making.docs_in(tmp_path / "complete")] == ["a0", "a1", "a2", "a4"]
    assert [doc.user_data["article"] for doc in making.docs_in(tmp_path / "open")] == ["a3"]
    assert [path.name for path in (tmp_path / "open").iterdir()] == ["000.spacy"]
    assert sorted(path.name for path in (tmp_path / "complete").iterdir()) == ["000.spacy", "001.spacy", "002.spacy"]
