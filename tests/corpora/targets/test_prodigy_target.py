"""JSON lines of Prodigy's kind: all of gold, tokens as Prodigy counts them, and the same again through our importer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from labeling.corpora.build.build import build_dataset
from labeling.corpora.build.canonical import make_canonical_form
from labeling.corpora.targets.prodigy import prodigy_target
from labeling.corpora.targets.prodigy.prodigy_lines import make_prodigy_line, read_prodigy_texts
from labeling.errors import SpansLost, TargetsDiffer
from labeling.imports.prodigy import read_prodigy
from labeling.imports.record import ImportRecord
from labeling.project import CompileSection, Project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from labeling.annotations import Gold
    from labeling.articles import Article
    from labeling.corpora.manifest import Manifest
    from labeling.corpora.targets.shared_article import SharedArticle
    from labeling.schema import Schema


def _build(project: Project, folder: Path) -> Manifest:
    file = project.file.model_copy(update={"compile": CompileSection(targets=("prodigy",))})
    folder.mkdir()
    return build_dataset(Project(project.path, file, project.schema, project.workspace), folder)


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def test_prodigy_line_by_hand(project: Project, minister: tuple[Article, Gold], tmp_path: Path) -> None:
    """Spans with their first and last token, which is cut for `@ForeignSecAhmed`; relations by the last tokens."""
    article, _ = minister
    _build(project, tmp_path / "dataset")
    _, line = _lines(tmp_path / "dataset/prodigy/train.jsonl")
    words = [token["text"] for token in line["tokens"]]
    by_id = {span["id"]: span for span in line["spans"]}

    assert line["text"] == article.text
    assert words[:8] == ["Foreign", "Minister", "of", "Japan", "(", "Tokyo", ")", "met"]
    assert words[8:13] == ["@", "ForeignSec", "Ahmed", "\U0001f44d", "Latheef"]
    assert [token["ws"] for token in line["tokens"][:4]] == [True, True, True, False]
    assert by_id["s5"] == {
        "id": "s5",
        "start": 48,
        "end": 63,
        "label": "PERSON",
        "unsure": True,
        "token_start": 10,
        "token_end": 12,
    }
    assert [(each["head"], each["child"], each["label"]) for each in line["relations"]] == [
        (3, 12, "PART_OF"),
        (12, 3, "PART_OF"),
    ]
    assert line["relations"][0]["head_span"] == by_id["s1"]
    assert line["accept"] == ["event=CONSULT", "usable=yes"]
    assert [option["id"] for option in line["options"]] == ["event=CONSULT", "event=AGREE", "usable=yes", "usable=no"]
    assert (line["answer"], line["meta"]["source"]) == ("accept", "wire")


def test_an_article_with_a_question_is_not_trained_on(project: Project, tmp_path: Path) -> None:
    """Prodigy has no way to say "not known": the answer is `ignore`, and `meta` has the stretch."""
    _build(project, tmp_path / "dataset")
    (line,) = _lines(tmp_path / "dataset/prodigy/dev.jsonl")

    assert (line["answer"], line["meta"]["complete"], line["meta"]["open"]) == ("ignore", False, [[6, 11]])


def test_prodigy_holds_everything(project: Project, minister: tuple[Article, Gold], tmp_path: Path) -> None:
    """Every span is kept, one with a token cut for it; what is read back is gold."""
    manifest = _build(project, tmp_path / "dataset")
    train = [form for form, _ in read_prodigy_texts(tmp_path / "dataset/prodigy/train.jsonl")]

    assert manifest.ledger["prodigy"]["span"] == {"in": 7, "kept": 6, "split": 1, "left_out": 0, "lost": 0}
    assert manifest.ledger["prodigy"]["relation"] == {"in": 2, "kept": 2, "left_out": 0, "lost": 0}
    assert train[1] == make_canonical_form(*minister)


def test_our_importer_reads_the_same(project: Project, minister: tuple[Article, Gold], tmp_path: Path) -> None:
    """`labeling import` finds the same article, spans, relations and options, and nothing it cannot place."""
    article, gold = minister
    _build(project, tmp_path / "dataset")
    items = list(read_prodigy(tmp_path / "dataset/prodigy/train.jsonl", "train"))
    record = items[1]

    assert isinstance(record, ImportRecord)
    assert (record.row.id, record.row.text, record.row.title) == ("minister", article.text, article.title)
    assert {(*mark.parts[0], mark.label) for mark in record.marks} == {
        (span.start, span.end, span.label) for span in gold.spans
    }
    assert [(link.head, link.tail, link.label) for link in record.links] == [
        ("COUNTRY:20-25", "PERSON:48-63", "PART_OF"),
        ("PERSON:48-63", "COUNTRY:20-25", "PART_OF"),
    ]
    assert record.options == ("event=CONSULT", "usable=yes")
    assert not record.misfits
    assert record.state == "submitted"


@pytest.mark.parametrize(
    ("change", "error", "expected"),
    [
        (lambda line: line["spans"].pop(0), SpansLost, r"lacks span \('s0', 0, 25"),
        (lambda line: line["relations"].clear(), SpansLost, "lacks relation"),
        (lambda line: line["accept"].append("event=AGREE"), TargetsDiffer, "has other choices"),
        (lambda line: line["spans"][0].update(token_end=2), TargetsDiffer, "'PERSON, by its tokens'"),
        (lambda line: line.update(answer="ignore"), TargetsDiffer, "has other complete"),
        (lambda line: line.update(text=line["text"] + "!"), TargetsDiffer, "recorded as"),
    ],
)
def test_the_proof_finds_what_a_line_lacks_or_adds(
    project: Project,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[dict[str, Any]], object],
    error: type[Exception],
    expected: str,
) -> None:
    """A line that is changed between writing and proof is not gold."""

    def changed(shared: SharedArticle, schema: Schema) -> dict[str, Any]:
        line = make_prodigy_line(shared, schema)
        line["accept"] = list(line["accept"])
        if shared.article.id == "minister":
            change(line)
        return line

    monkeypatch.setattr(prodigy_target, "make_prodigy_line", changed)
    with pytest.raises(error, match=expected):
        _build(project, tmp_path / "dataset")
