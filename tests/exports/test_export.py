"""`labeling export`: what it writes and where, what it refuses, and what of an annotator's words does not go out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import made
import pytest
from click.testing import CliRunner

from labeling.annotations import Annotation, Gold, GoldSpan, Relation, Span
from labeling.cli import cli
from labeling.errors import Altered, MissingInput, UsageError
from labeling.exports.export import export
from labeling.exports.file_names import FileNames
from labeling.exports.things import NotHeld
from labeling.imports.column_lines import split_documents
from labeling.imports.import_annotations import import_annotations
from labeling.imports.merge import ImportOptions
from labeling.project import Project, load_project
from labeling.studio.api.connect import connect
from labeling.workspace.storage import read_rows

if TYPE_CHECKING:
    from labeling.studio.server.credentials import Credentials

CONFIG = Path(__file__).parents[2] / "configs" / "diplomatic.toml"
TEXT = "\U0001f4f0 Anna Berg, foreign minister, met Chad.\nShe left."
ARTICLE = made.article("desk/one", TEXT, title="Talks", source="desk", published="2026-11-22")
SPANS = (
    Span(id="x1", start=2, end=11, label="PERSON", unsure=True, note="Berg\nor Bergh?"),
    Span(id="x2", start=13, end=29, label="ROLE"),
    Span(id="x3", start=35, end=41, label="COUNTRY", note="with the point and the line end"),
)
ANA = Annotation(
    article=ARTICLE.id,
    digest=ARTICLE.digest,
    annotator="ana",
    spans=SPANS,
    relations=(Relation(head="x1", tail="x2", label="HOLDS_ROLE"), Relation(head="x1", tail="x3", label="REPRESENTS")),
    choices={"event": ("CONSULT",)},
    updated="2026-11-22T09:03:00+00:00",
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A workspace with one article, which ana annotated."""
    project = load_project(CONFIG, tmp_path / "workspace")
    project.workspace.articles.write([ARTICLE])
    project.workspace.annotations.write([ANA])
    return project


def _listed(folder: str | Path) -> list[tuple[str, str]]:
    return [(row.what, row.id) for row in read_rows(Path(folder) / "not-held.jsonl", NotHeld)]


def _run(project: Project, *words: str) -> tuple[int, str]:
    found = CliRunner().invoke(
        cli,
        ["--config", str(CONFIG), "--workspace", str(project.workspace.root), "export", *words],
        standalone_mode=False,
    )
    return found.return_value, found.stdout


def test_brat_files_are_what_brat_writes(project: Project, tmp_path: Path) -> None:
    """Offsets in code points, a doubt as an attribute; what is left out takes with it what hangs on it."""
    made_of = export(project, "brat", "ana", tmp_path / "out")

    assert (tmp_path / "out/desk/one.txt").read_text(encoding="utf-8") == TEXT
    assert (tmp_path / "out/desk/one.ann").read_text(encoding="utf-8") == (
        "T1\tPERSON 2 11\tAnna Berg\nA1\tunsure T1\nT2\tROLE 13 29\tforeign minister\nR1\tHOLDS_ROLE Arg1:T1 Arg2:T2\n"
    )
    assert made_of.kept == {"annotation": 1, "span": 2, "relation": 1, "unsure": 1}
    assert made_of.not_held == {"span": 1, "relation": 1, "choice": 1, "note": 2}
    assert _listed(made_of.folder) == [
        ("note", "x1"),
        ("span", "x3"),
        ("note", "x3"),
        ("relation", "x1 REPRESENTS x3"),
        ("choice", "event=CONSULT"),
    ]


def test_conll_has_a_column_for_each_layer(project: Project, tmp_path: Path) -> None:
    """A span inside another lies in the second column; a comment has the digest, by which the article is found."""
    inner = Span(id="x4", start=2, end=6, label="ROLE")
    project.workspace.annotations.write([ANA.model_copy(update={"spans": (*SPANS[:2], inner), "relations": ()})])

    export(project, "conll", "ana", tmp_path / "out")

    lines = (tmp_path / "out/annotations.conll").read_text(encoding="utf-8").splitlines()
    assert lines[:6] == [
        "# newdoc id = desk/one",
        f"# digest = {ARTICLE.digest}",
        "# text = \U0001f4f0 Anna Berg, foreign minister, met Chad.",
        "\U0001f4f0\tO\tO",
        "Anna\tB-PERSON\tB-ROLE",
        "Berg\tI-PERSON\tO",
    ]
    assert lines[lines.index("# text = She left.") :] == [
        "# text = She left.",
        "She\tO\tO",
        "left\tO\tO",
        ".\tO\tO",
        "",
    ]


def test_the_status_tells_what_is_not_held(project: Project) -> None:
    """Status 3 and the counts where something is listed, 0 where everything is kept."""
    status, told = _run(project, "brat", "--annotator", "ana", "--json")
    summary = json.loads(told)

    assert (status, summary["not_held"]["choice"], summary["who"]) == (3, 1, "ana")
    assert summary["folder"] == str(project.workspace.root / "exports" / "brat-ana")
    assert _run(project, "prodigy", "--annotator", "ana")[0] == 0


def test_an_export_is_the_same_twice_and_makes_room(project: Project) -> None:
    """The same annotations give the same bytes, over an earlier export; nothing of the building is left."""
    first = export(project, "label-studio", "ana")
    files = {path.name: path.read_bytes() for path in Path(first.folder).iterdir()}
    second = export(project, "label-studio", "ana")

    assert first == second
    assert {path.name: path.read_bytes() for path in Path(second.folder).iterdir()} == files
    assert [path.name for path in Path(first.folder).parent.iterdir()] == ["label-studio-ana"]


@pytest.mark.parametrize("change", ["foreign", "edited", "file"])
def test_nothing_is_written_over_what_is_not_ours(project: Project, tmp_path: Path, change: str) -> None:
    """A folder with other files, an export that somebody worked on, a file: refused by name, and left as they are."""
    out = tmp_path / "out"
    if change == "file":
        out.write_text("mine", encoding="utf-8")
    else:
        export(project, "brat", "ana", out)
        touched = out / ("desk/two.ann" if change == "foreign" else "desk/one.ann")
        touched.write_text("T1\tPERSON 2 6\tAnna\n", encoding="utf-8")
    before = {path: path.read_bytes() for path in [out, *out.rglob("*")] if path.is_file()}

    with pytest.raises(UsageError, match="nothing is written over it"):
        export(project, "brat", "ana", out)
    assert {path: path.read_bytes() for path in [out, *out.rglob("*")] if path.is_file()} == before


def test_of_several_answers_the_latest_goes_out(project: Project, tmp_path: Path) -> None:
    """Drafts, earlier answers, and words on another text are listed with all they have."""
    later = ANA.model_copy(
        update={"updated": "2026-11-23T09:03:00+00:00", "spans": SPANS[:1], "relations": (), "server_id": 2}
    )
    draft = Annotation(article=ARTICLE.id, digest=ARTICLE.digest, annotator="ana", state="draft", spans=SPANS[1:2])
    stale = later.model_copy(update={"digest": "0" * 64, "updated": "2026-11-24", "server_id": 3})
    project.workspace.annotations.write([ANA, later, draft, stale])

    made_of = export(project, "prodigy", "ana", tmp_path / "out")

    line = json.loads((tmp_path / "out/annotations.jsonl").read_text(encoding="utf-8"))
    assert [span["label"] for span in line["spans"]] == ["PERSON"]
    assert made_of.kept == {"annotation": 1, "span": 1, "choice": 1, "unsure": 1, "note": 1}
    # Of ana's first answer 3 spans, 2 relations, 1 choice; of the draft 1 span; of the stale one 1 span, 1 choice.
    assert made_of.not_held == {"annotation": 3, "span": 5, "relation": 2, "choice": 2, "unsure": 2, "note": 3}


def test_what_gold_leaves_open_is_listed(project: Project, tmp_path: Path) -> None:
    """No format tells what is not known: each open stretch is a line, and the status is 3."""
    span = GoldSpan(id="x1", start=2, end=11, label="PERSON", rule="unanimous", by=("ana",))
    project.workspace.gold.write(
        [Gold(article=ARTICLE.id, digest=ARTICLE.digest, complete=False, spans=(span,), open=((35, 39), (41, 44)))]
    )

    status, _ = _run(project, "label-studio", "--out", str(tmp_path / "out"))

    assert (status, _listed(tmp_path / "out")) == (3, [("open", "35..39"), ("open", "41..44")])


def test_what_cannot_be_exported_is_refused_by_name(project: Project, tmp_path: Path) -> None:
    """No gold yet, a name nobody has, both at once, and annotations that were changed by hand."""
    with pytest.raises(MissingInput, match=r"gold\.jsonl"):
        export(project, "brat", "", tmp_path / "out")
    with pytest.raises(UsageError, match="nobody called 'anna'") as refused:
        export(project, "brat", "anna", tmp_path / "out")
    assert "ana" in refused.value.todo
    with pytest.raises(UsageError, match="two different things"):
        CliRunner().invoke(
            cli, ["export", "brat", "--gold", "--annotator", "ana"], standalone_mode=False, catch_exceptions=False
        )
    path = project.workspace.annotations.path
    path.write_text(path.read_text(encoding="utf-8").replace("ROLE", "PERSON"), encoding="utf-8")
    with pytest.raises(Altered):
        export(project, "brat", "ana", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_model_says_predictions(project: Project, tmp_path: Path) -> None:
    """A model's words, be they suggestions, are predictions in Label Studio, and a model's again when imported."""
    project.workspace.suggestions.write(
        [ANA.model_copy(update={"annotator": "model:rules", "choices": {}, "updated": ""})]
    )
    export(project, "label-studio", "model:rules", tmp_path / "out")
    (task,) = json.loads((tmp_path / "out/annotations.json").read_text(encoding="utf-8"))
    other = load_project(CONFIG, tmp_path / "other")
    import_annotations(other, "label-studio", [str(tmp_path / "out")], ImportOptions())

    assert (task["annotations"], task["predictions"][0]["model_version"]) == ([], "rules")
    assert [row.annotator for row in other.workspace.annotations.rows()] == ["model:rules"]


@pytest.mark.parametrize("kind", ["label-studio", "brat", "conll", "prodigy"])
def test_scores_are_listed_as_not_held(project: Project, tmp_path: Path, kind: str) -> None:
    """No format has a place for how sure a model is: what is lost is listed with its number, of relations too."""
    spans = tuple(span.model_copy(update={"score": number / 4}) for number, span in enumerate(SPANS))
    relation = Relation(head="x1", tail="x2", label="HOLDS_ROLE", score=0.25)
    said = ANA.model_copy(update={"annotator": "model:m", "spans": spans, "relations": (relation,)})
    project.workspace.suggestions.write([said])

    export(project, kind, "model:m", tmp_path / "out")

    lost = {row.id: row.value for row in read_rows(tmp_path / "out/not-held.jsonl", NotHeld) if row.what == "score"}
    assert lost == {"x1": 0.0, "x2": 0.25, "x3": 0.5, "x1 HOLDS_ROLE x2": 0.25}


def test_names_are_of_people_where_a_format_has_them(project: Project, tmp_path: Path) -> None:
    """Prodigy and Label Studio tell who said it: nobody has to be named when it is imported."""
    for kind in ("prodigy", "label-studio"):
        export(project, kind, "ana", tmp_path / kind)
        other = load_project(CONFIG, tmp_path / f"other-{kind}")
        import_annotations(other, kind, [str(tmp_path / kind)], ImportOptions())
        (row,) = other.workspace.annotations.rows()
        (article,) = other.workspace.articles.rows()

        assert (row.annotator, row.updated, article) == ("ana", ANA.updated, ARTICLE)
        # The third one ends with a line end, which is a token of blanks.
        assert [(s.start, s.end, s.label, s.unsure, s.note) for s in row.spans] == [
            (s.start, s.end, s.label, s.unsure, s.note) for s in SPANS
        ]


@pytest.mark.parametrize("kind", ["brat", "prodigy"])
def test_words_with_the_very_blanks_are_not_those_without(kind: str, tmp_path: Path) -> None:
    """`O`, a line sign and a blank at 0..4 are not those without the blank at 0..3, which counted bytes would give."""
    article = made.article("a", "O \x85 ")
    said = Annotation(
        article="a", digest=article.digest, annotator="ana", spans=(Span(id="x", start=0, end=4, label="PERSON"),)
    )
    project = load_project(CONFIG, tmp_path / "one")
    project.workspace.articles.write([article])
    project.workspace.annotations.write([said])
    export(project, kind, "ana", tmp_path / "out")
    other = load_project(CONFIG, tmp_path / "two")
    import_annotations(other, kind, [str(tmp_path / "out")], ImportOptions(annotator="ana"))

    assert [(span.start, span.end) for row in other.workspace.annotations.rows() for span in row.spans] == [(0, 4)]


def test_a_word_with_a_tag_is_not_a_comment() -> None:
    """`#a=b` and a tag are a token, as any other line with a tag; without one the line is a comment."""
    (document,) = split_documents("# newdoc id = a\n# digest = 12\n#a=b\tB-PERSON\nmet\tO\n# c = d\n")

    assert ([row.text for row in document.rows], document.comments) == (["#a=b\tB-PERSON", "met\tO"], {"# c"})
    assert document.digest == "12"


def test_file_names_are_safe_and_of_one_article_each() -> None:
    """An id that can be a path is one; any other gets a name of its own, and so does one that differs in its case."""
    names = FileNames()
    ids = [
        "toi/jwg",
        "TOI/JWG",
        "../up",
        "/etc/x",
        "a\\b",
        ".hid",
        "a//b",
        "con",
        "x" * 300,
        "a.txt/b",
        "",
        "a ",
        "v1.2",
    ]
    found = {name: names.take(name) for name in ids}

    assert {name for name, own in found.items() if name == own} == {"toi/jwg", "v1.2"}
    assert len({own.casefold() for own in found.values()}) == len(ids)
    assert all("/" not in own and ".." not in own and len(own) < 80 for name, own in found.items() if name != own)


ODD = """
[project]
name = "odd"
[[labels]]
name = "Government body"
definition = "x"
examples = ["x"]
color = "#000001"
[[labels]]
name = "Government_body"
definition = "x"
examples = ["x"]
color = "#000002"
[[labels]]
name = "GPE/Country"
definition = "x"
examples = ["x"]
color = "#000003"
[[relations]]
name = "is part of"
definition = "x"
example = "x"
head = ["Government body", "Government_body"]
tail = ["GPE/Country"]
"""


@pytest.mark.parametrize("kind", ["brat", "conll", "prodigy", "label-studio"])
def test_labels_with_blanks_come_back(kind: str, tmp_path: Path) -> None:
    """A blank is `_` where a format has none in names; two labels that would be one stay two."""
    (tmp_path / "odd.toml").write_text(ODD, encoding="utf-8")
    spans = tuple(
        Span(id=f"x{start}", start=start, end=end, label=label)
        for start, end, label in ((2, 6, "Government body"), (7, 11, "Government_body"), (35, 39, "GPE/Country"))
    )
    link = Relation(head="x2", tail="x35", label="is part of")
    project = load_project(tmp_path / "odd.toml", tmp_path / "one")
    project.workspace.articles.write([ARTICLE])
    project.workspace.annotations.write([ANA.model_copy(update={"spans": spans, "relations": (link,), "choices": {}})])
    export(project, kind, "ana", tmp_path / "out")
    other = load_project(tmp_path / "odd.toml", tmp_path / "two")
    other.workspace.articles.write([ARTICLE.model_copy(update={"id": "known by another name"})])
    import_annotations(other, kind, [str(tmp_path / "out")], ImportOptions(annotator="ana"))
    (row,) = other.workspace.annotations.rows()

    assert row.article == "known by another name"
    assert [(span.start, span.end, span.label) for span in row.spans] == [(s.start, s.end, s.label) for s in spans]
    assert [each.label for each in row.relations] == ([] if kind == "conll" else ["is part of"])


@pytest.mark.studio
def test_a_real_server_imports_what_was_exported(project: Project, tmp_path: Path, studio: Credentials) -> None:
    """Label Studio takes gold's JSON and its labelling config: the regions are there, at the same places."""
    span = GoldSpan(id="x1", start=2, end=11, label="PERSON", rule="unanimous", by=("ana",))
    gold = Gold(article=ARTICLE.id, digest=ARTICLE.digest, complete=True, spans=(span,), choices={"event": ("AID",)})
    project.workspace.gold.write([gold])
    export(project, "label-studio", "", tmp_path / "out")
    tasks: list[Any] = json.loads((tmp_path / "out/annotations.json").read_text(encoding="utf-8"))
    config = (tmp_path / "out/labeling-config.xml").read_text(encoding="utf-8")

    with connect(project.workspace, studio) as there:
        number = there.create_project("exported", "", config, "")
        there.import_tasks(number, tasks)
        task: Any = next(iter(there.export(number)))

    (annotation,) = task["annotations"]
    regions = [(row["type"], row["value"].get("start"), row["value"].get("end")) for row in annotation["result"]]
    assert regions == [("labels", 2, 11), ("choices", None, None)]
    assert annotation["ground_truth"] is True
