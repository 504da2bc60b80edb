"""CoNLL: IOB2 by hand, what it cannot hold is in the ledger, unknown is not O, and other programs read the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from seqeval.metrics.sequence_labeling import get_entities

from labeling.annotations import LedgerRow
from labeling.corpora.build.build import build_dataset
from labeling.corpora.targets.conll.iob2_document import TaggedDocument, format_document, read_documents
from labeling.errors import SpansLost, TargetsDiffer
from labeling.imports.conll import read_conll
from labeling.imports.record import ImportRecord
from labeling.project import CompileSection
from labeling.workspace.storage import read_rows

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.corpora.manifest import Manifest
    from labeling.project import Project
    from tests.corpora.conftest import Making

JAPAN = "Japan met Foreign Minister Latheef in Male. He left.\nIndia asked the Maldives."


def _with_conll(project: Project) -> Project:
    file = project.file.model_copy(update={"compile": CompileSection(targets=("conll",))})
    return type(project)(project.path, file, project.schema, project.workspace)


def _build(project: Project, folder: Path) -> Manifest:
    folder.mkdir()
    return build_dataset(_with_conll(project), folder)


@pytest.fixture
def two(tmp_path: Path, making: Making) -> Project:
    """Two articles to train on: one with nested spans and two lines, one with a question in its second sentence."""
    known = making.article(JAPAN, "known/a")
    asked = making.article("Japan asked. Chad met Norway.", "asked")
    gold = making.gold(
        known, (0, 5, "COUNTRY"), (10, 42, "PERSON"), (38, 42, "COUNTRY"), (53, 58, "COUNTRY"), (69, 77, "COUNTRY")
    )
    disputed = making.gold(asked, (0, 5, "COUNTRY"), (22, 28, "COUNTRY"), open=((13, 17),))
    return making.workspace(tmp_path / "workspace", [(known, gold, "train"), (asked, disputed, "train")])


def test_conll_file_by_hand(two: Project, tmp_path: Path) -> None:
    """Each article by its id, a blank line after each sentence; the sentence with a question is not there."""
    _build(two, tmp_path / "dataset")

    assert (tmp_path / "dataset/conll/train.conll").read_text(encoding="utf-8") == (
        "-DOCSTART- (asked)\n\n"
        "Japan\tB-COUNTRY\nasked\tO\n.\tO\n\n"
        "-DOCSTART- (known/a)\n\n"
        "Japan\tB-COUNTRY\nmet\tO\nForeign\tB-PERSON\nMinister\tI-PERSON\nLatheef\tI-PERSON\nin\tI-PERSON\n"
        "Male\tI-PERSON\n.\tO\n\n"
        "He\tO\nleft\tO\n.\tO\n\n"
        "India\tB-COUNTRY\nasked\tO\nthe\tO\nMaldives\tB-COUNTRY\n.\tO\n\n"
    )
    assert (tmp_path / "dataset/conll/test.conll").read_text(encoding="utf-8") == ""


def test_what_conll_cannot_hold_is_in_the_ledger(two: Project, tmp_path: Path) -> None:
    """The nested span, and the span in the sentence that was left out, are `span_only`, each with its reason."""
    manifest = _build(two, tmp_path / "dataset")
    rows = read_rows(tmp_path / "dataset/ledger.jsonl", LedgerRow)

    assert manifest.ledger["conll"]["span"] == {"in": 7, "kept": 5, "span_only": 2, "left_out": 0, "lost": 0}
    assert {(row.article, row.id, row.reason) for row in rows if row.outcome == "span_only"} == {
        ("known/a", "s2", "inside the PERSON 10..42"),
        ("asked", "s1", "its sentence holds a token of which nothing is known, and is left out"),
    }


def test_relations_and_choices_are_not_held(project: Project, tmp_path: Path) -> None:
    """Each has an outcome of its own, so that the account balances: 7 spans, 2 relations, 2 choices went in."""
    manifest = _build(project, tmp_path / "dataset")

    assert manifest.ledger["conll"]["relation"] == {"in": 2, "not_held": 2, "left_out": 0, "lost": 0}
    assert manifest.ledger["conll"]["choice"] == {"in": 2, "not_held": 2, "left_out": 0, "lost": 0}
    # "@ForeignSecAhmed": the span s5 starts inside a token, and its sentence is all of the article.
    assert manifest.ledger["conll"]["span"] == {"in": 7, "kept": 0, "span_only": 7, "left_out": 0, "lost": 0}
    assert manifest.proof.targets == ("conll",)
    assert (manifest.proof.articles, manifest.proof.spans, manifest.proof.relations) == (3, 7, 2)
    assert sorted(manifest.versions) == ["labeling", "python", "spacy"]


def test_our_importer_reads_the_same_spans(two: Project, tmp_path: Path) -> None:
    """`labeling import` finds the tokens in the article's own text, and there the spans that the ledger calls kept."""
    _build(two, tmp_path / "dataset")
    texts = {"known/a": JAPAN}
    items = list(read_conll(tmp_path / "dataset/conll/train.conll", "train", texts.get))
    asked, known = (item for item in items if isinstance(item, ImportRecord))

    assert known.row.text == JAPAN
    assert [(*mark.parts[0], mark.label) for mark in known.marks] == [
        (0, 5, "COUNTRY"),
        (10, 42, "PERSON"),
        (53, 58, "COUNTRY"),
        (69, 77, "COUNTRY"),
    ]
    assert asked.row.text == "Japan asked ."
    assert not known.misfits
    assert not known.ignored


def test_seqeval_reads_the_same_entities(two: Project, tmp_path: Path) -> None:
    """Another program finds in the tags what we find."""
    _build(two, tmp_path / "dataset")
    _, known = read_documents(tmp_path / "dataset/conll/train.conll")

    tags = [[tag for _, tag in sentence] for sentence in known.sentences]
    ours = [(label, known.text[start:end]) for start, end, label in known.spans()]
    words = [[word for word, _ in sentence] for sentence in known.sentences]
    theirs = [
        (label, " ".join(words[number][first : last + 1]))
        for number, each in enumerate(tags)
        for label, first, last in get_entities(each)
    ]
    assert ours == theirs


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("India\tB-COUNTRY", "India\tO", SpansLost),
        ("He\tO", "He\tB-PERSON", TargetsDiffer),
        ("left\tO", "went\tO", TargetsDiffer),
        ("-DOCSTART- (known/a)", "-DOCSTART- (known/b)", SpansLost),
        ("Minister\tI-PERSON", "Minister\tB-PERSON", SpansLost),
    ],
)
def test_the_proof_finds_what_a_file_lacks_or_adds(
    two: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, error: type[Exception]
) -> None:
    """A file that is changed between writing and proof is not what the ledger calls kept."""

    def changed(document: TaggedDocument) -> str:
        return format_document(document).replace(old, new)

    monkeypatch.setattr("labeling.corpora.targets.conll.conll_target.format_document", changed)
    with pytest.raises(error, match="conll, read back from disk, is not gold"):
        _build(two, tmp_path / "dataset")


def test_no_sentence_ends_inside_a_span(making: Making, tmp_path: Path) -> None:
    """A span over a full stop and a line end keeps both sentences together."""
    article = making.article("Agreement of 5 May.\nOn fisheries. Done.")
    project = making.workspace(tmp_path / "workspace", [(article, making.gold(article, (0, 32, "GOV_BODY")), "dev")])
    manifest = _build(project, tmp_path / "dataset")
    (document,) = read_documents(tmp_path / "dataset/conll/dev.conll")

    assert [len(sentence) for sentence in document.sentences] == [8, 2]
    assert [document.text[start:end] for start, end, _ in document.spans()] == ["Agreement of 5 May . On fisheries"]
    assert manifest.ledger["conll"]["span"]["kept"] == 1
    assert json.loads((tmp_path / "dataset/manifest.json").read_text(encoding="utf-8"))["proof"]["targets"] == ["conll"]
