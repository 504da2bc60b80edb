"""`labeling ingest`: articles in, refusals listed, the same bytes on every rerun."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from labeling.cli import cli
from labeling.errors import DamagedFile, UsageError, WorkspaceBusy
from labeling.project import Project, load_project
from labeling.sources.ingest import ingest

if TYPE_CHECKING:
    from labeling.articles import Article

SEED = Path(__file__).parents[2] / "../shared/articles"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """The shipped project with a workspace that is not made yet."""
    return load_project(workspace=tmp_path / "workspace")


@pytest.fixture
def wire(tmp_path: Path) -> Path:
    """A folder with five good articles and one of each kind that is refused."""
    folder = tmp_path / "wire"
    folder.mkdir()
    (folder / "a.txt").write_bytes("date 2023-07-25 Malé\r\nand Delhi.".encode())
    (folder / "b.txt").write_bytes("“Talks” in Malé.".encode("cp1252"))
    (folder / "empty.txt").write_text(" \n", encoding="utf-8")
    (folder / "long.txt").write_text("x" * 20_001, encoding="utf-8")
    (folder / "notes.md").write_text("passed over", encoding="utf-8")
    (folder / "rows.jsonl").write_text(
        '{"id": "2", "text": "Two.", "author": "A"}\n{"id": "10", "text": "Ten."}\n{"id": "2", "text": "Other."}\n'
        '{"id": "2", "text": "Two.", "title": "T"}\n{"id": "n", "text": "n\\u0000"}\n{"text": 5, "date": "1/2/2023"}'
        '\n{"id": "11", "text": "Eleven."}\n\n\nno json\n',
        encoding="utf-8",
    )
    return folder


def run(project: Project, *args: str, data: bytes | None = None) -> Result:
    """Run the command line as a shell would, in the project's workspace."""
    return CliRunner().invoke(
        cli, ["--workspace", str(project.workspace.root), "ingest", *args], input=data, standalone_mode=False
    )


def kept(project: Project) -> list[Article]:
    """The articles of the workspace."""
    return list(project.workspace.articles.rows())


@pytest.mark.skipif(not SEED.exists(), reason="the two real articles are not in the project, but next to it")
def test_the_seed_articles_are_ingested_exactly(project: Project) -> None:
    """Byte for byte, with the leading blank; the glued date line is read and stays."""
    summary = ingest(project, [str(SEED)])

    first, second = kept(project)
    assert (summary.new, summary.rejected, summary.guessed_encodings) == (2, {}, {})
    assert (first.id, second.id) == ("000_03e607b7b9aa5c2b", "001_1ee3dad0030a35dc")
    assert (first.published, second.published) == ("2023-07-25", "")
    assert first.text.startswith(" date 2023-07-25 India and the Maldives on Monday")
    for article in (first, second):
        data = (SEED / f"{article.id}.txt").read_bytes()
        assert article.text.encode() == data
        assert article.digest == hashlib.sha256(data).hexdigest()


def test_everything_read_is_accounted_for(project: Project, wire: Path) -> None:
    """Each file and row is new, the same, refused with its kind, or listed as skipped."""
    summary = ingest(project, [str(wire)])

    assert (summary.articles, summary.new, summary.same, summary.other_details) == (5, 5, 1, 1)
    assert summary.rejected == {
        "bad field": 1,
        "empty": 1,
        "forbidden character": 1,
        "over-long": 1,
        "same id, other text": 1,
        "unreadable": 1,
    }
    assert summary.skipped == (str(wire / "notes.md"),)
    assert summary.guessed_encodings == {"cp1252": 1}
    assert summary.ignored_columns == ("author",)


def test_articles_and_rejects_are_sorted(project: Project, wire: Path) -> None:
    """Articles by id, rejects by file and line number, so that nothing depends on the order of reading."""
    ingest(project, [str(wire)])

    assert [article.id for article in kept(project)] == ["10", "11", "2", "a", "b"]
    rejects = list(project.workspace.rejects.rows())
    assert [Path(reject.where).name for reject in rejects] == [
        "empty.txt",
        "long.txt",
        *(f"rows.jsonl:{line}" for line in (3, 5, 6, 10)),
    ]
    assert all(reject.kind and reject.reason and reject.todo for reject in rejects)


def test_ingest_is_idempotent(project: Project, wire: Path) -> None:
    """Ingesting again changes no byte; every article counts as the same."""
    files = (project.workspace.articles.path, project.workspace.rejects.path)
    ingest(project, [str(wire)])
    before = [path.read_bytes() for path in files]

    again = ingest(project, [str(wire)])

    assert [path.read_bytes() for path in files] == before
    assert (again.articles, again.new, again.same) == (5, 0, 6)


def test_the_order_of_reading_does_not_matter(project: Project, tmp_path: Path, wire: Path) -> None:
    """One file after another, the last first, gives the same bytes as one run over the folder."""
    other = load_project(workspace=tmp_path / "other")
    ingest(project, [str(wire)])
    for path in sorted(wire.glob("*.[tj]*"), reverse=True):
        ingest(other, [str(path)])

    assert other.workspace.articles.path.read_bytes() == project.workspace.articles.path.read_bytes()


def test_a_changed_text_is_refused_and_the_old_one_stays(project: Project, wire: Path) -> None:
    """An article never changes: the new text is refused by name, in a later run too."""
    ingest(project, [str(wire / "a.txt")])
    before = kept(project)
    (wire / "a.txt").write_text("corrected", encoding="utf-8")

    summary = ingest(project, [str(wire / "a.txt")])

    assert kept(project) == before
    assert summary.rejected == {"same id, other text": 1}


def test_identical_texts_of_two_outlets_are_two_articles(project: Project, tmp_path: Path) -> None:
    """Reprints are kept: leakage is found between articles, not hidden by dropping one."""
    for outlet in ("toi", "hindu"):
        (tmp_path / "in" / outlet).mkdir(parents=True)
        (tmp_path / "in" / outlet / "jwg.txt").write_text("One press release.", encoding="utf-8")

    ingest(project, [str(tmp_path / "in")])

    assert [(article.id, article.source) for article in kept(project)] == [("hindu/jwg", "hindu"), ("toi/jwg", "toi")]
    assert len({article.digest for article in kept(project)}) == 1


def test_the_workspaces_own_file_can_be_read_back(project: Project, tmp_path: Path, wire: Path) -> None:
    """`articles.jsonl` is JSON lines like any other: it can be ingested into another workspace."""
    ingest(project, [str(wire)])
    other = load_project(workspace=tmp_path / "other")

    ingest(other, [str(project.workspace.articles.path)])

    assert other.workspace.articles.path.read_bytes() == project.workspace.articles.path.read_bytes()


@pytest.mark.parametrize("paths", [["wire", "nowhere"], ["nowhere/*.txt"]])
def test_a_wrong_path_writes_nothing(project: Project, paths: list[str], wire: Path) -> None:
    """A path that matches nothing is a wrong use, found before the first byte is written."""
    with pytest.raises(UsageError):
        ingest(project, [str(wire.parent / path) for path in paths])

    assert not project.workspace.root.exists()


def test_an_unknown_encoding_writes_nothing(project: Project, wire: Path) -> None:
    """An encoding that does not exist is a wrong use as well."""
    with pytest.raises(UsageError):
        ingest(project, [str(wire)], encoding="klingon")

    assert not project.workspace.root.exists()


def test_a_busy_workspace_is_left_alone(project: Project, wire: Path) -> None:
    """One writer a workspace."""
    with project.workspace.lock(), pytest.raises(WorkspaceBusy):
        ingest(project, [str(wire)])

    assert not project.workspace.articles.exists()


def test_a_damaged_file_stops_and_stays(project: Project, wire: Path) -> None:
    """A workspace file with a broken line is named, never written over."""
    project.workspace.root.mkdir()
    project.workspace.articles.path.write_text('{"id":"a"}\n', encoding="utf-8")

    with pytest.raises(DamagedFile, match=r"line 1: text"):
        ingest(project, [str(wire)])

    assert project.workspace.articles.path.read_text(encoding="utf-8") == '{"id":"a"}\n'
    names = {path.name for path in project.workspace.root.iterdir() if not path.name.startswith(".custody")}
    assert names == {".lock", "articles.jsonl", "custody.jsonl"}


def test_the_command_prints_counts_and_refusals(project: Project, wire: Path) -> None:
    """Status 0 without refusals, 3 with; counts on stdout, each refusal with its way out on stderr."""
    good = run(project, str(wire / "a.txt"))
    bad = run(project, str(wire))

    assert (good.return_value, [line.partition(":")[0] for line in good.stderr.splitlines()]) == (
        0,
        ["Changed", "Next"],
    )
    assert good.stdout.split() == ["articles", "1", "new", "1", "same", "0"]
    assert bad.return_value == 3
    assert "guessed encodings  1 cp1252" in bad.stdout
    assert "1 over-long" in bad.stdout
    assert "long.txt: the text has 20,001 characters, and the project allows 20,000" in bad.stderr
    assert "raise max_characters" in bad.stderr
    assert str(project.workspace.rejects.path) in bad.stderr


def test_json_is_for_programs(project: Project, wire: Path) -> None:
    """With --json stdout is one JSON value, whatever was refused."""
    result = run(project, str(wire), "--json")

    assert json.loads(result.stdout)["rejected"]["empty"] == 1


def test_standard_input_is_read_in_the_named_encoding(project: Project) -> None:
    """`-` reads a pipe; --encoding names its encoding."""
    result = run(project, "-", "--encoding", "shift_jis", data="外務省は発表した。".encode("shift_jis"))

    assert result.return_value == 0
    assert [article.text for article in kept(project)] == ["外務省は発表した。"]


def test_many_refusals_are_summed_up(project: Project, tmp_path: Path) -> None:
    """Ten refusals are printed one by one, the others counted; all are in the file."""
    (tmp_path / "rows.jsonl").write_text("no\n" * 13, encoding="utf-8")

    result = run(project, str(tmp_path / "rows.jsonl"))

    assert result.stderr.count("Refused: ") == 10
    assert "3 more, all in" in result.stderr
    assert len(list(project.workspace.rejects.rows())) == 13


def test_memory_does_not_hold_the_texts(project: Project, tmp_path: Path) -> None:
    """Ten megabytes of texts pass through in a fraction of that: only ids and digests are held."""
    import tracemalloc

    with (tmp_path / "rows.jsonl").open("w", encoding="utf-8") as rows:
        rows.writelines(json.dumps({"id": str(n), "text": f"{n} " + "x" * 10_000}) + "\n" for n in range(1000))
    ingest(load_project(workspace=tmp_path / "first"), [str(tmp_path / "rows.jsonl")])  # what is imported stays
    tracemalloc.start()
    try:
        ingest(project, [str(tmp_path / "rows.jsonl")])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 4 * 2**20
