"""Custody: what is read is what was written; each hole through which words could go is closed, and named."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from in_custody import CONFIG, COUNT, TEXT, contents, copied, half, made_lenient, pull_as_if, said_by_two, walk_the_road

from labeling.adjudication.adjudicate import adjudicate
from labeling.cli import cli
from labeling.corpora.compile_dataset import compile_dataset
from labeling.corpora.verify import verify
from labeling.errors import Altered, LabelingError, Stale, UsageError
from labeling.evaluation.agree import agree
from labeling.imports.import_annotations import import_annotations
from labeling.imports.merge import ImportOptions
from labeling.passages.cluster import cluster
from labeling.people.assign import assign
from labeling.project import PeopleSection, Project, Reader, load_project
from labeling.report.write_report import write_report
from labeling.reprints.audit import audit
from labeling.reprints.carry import carry
from labeling.sources.ingest import ingest
from labeling.splits.split import split
from labeling.workspace.custody import keep_custody, sign_change
from labeling.workspace.custody_record import CustodyRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Twelve articles along the whole road, up to a dataset, each file written by its verb."""
    return walk_the_road(tmp_path_factory.mktemp("pattern"))


@pytest.fixture
def project(pattern: Project, tmp_path: Path) -> Project:
    """A copy of it to do harm to."""
    return copied(pattern, tmp_path)


def doubled(path: Path) -> None:
    """Write the first line twice."""
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:1] + lines))


def reordered(path: Path) -> None:
    """Turn the order of the lines round; one line is written twice more."""
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(reversed(lines)) if len(lines) > 1 else b"".join(lines * 2))


def cut(path: Path) -> None:
    """End in the middle of the last line."""
    path.write_bytes(path.read_bytes()[:-9])


def emptied(path: Path) -> None:
    """Hold nothing."""
    path.write_bytes(b"")


def edited(path: Path) -> None:
    """Have one figure more; as long as before."""
    content = path.read_bytes()
    at = max(content.rfind(b"0"), content.rfind(b"1"))
    path.write_bytes(content[:at] + b"7" + content[at + 1 :])


HARMS: list[Callable[[Path], None]] = [half, doubled, reordered, cut, emptied, edited]


def assign_to_two(project: Project) -> None:
    """Plan who reads what, with two readers in the project file."""
    people = PeopleSection(reader=(Reader(email="ana@desk.example"), Reader(email="ben@desk.example")))
    assign(dataclasses.replace(project, file=project.file.model_copy(update={"people": people})))


READERS: dict[str, tuple[Callable[[Project], object], ...]] = {
    "articles.jsonl": (cluster, carry, agree, adjudicate, split, compile_dataset, verify, write_report, assign_to_two),
    "annotations.jsonl": (adjudicate, carry, agree, split, compile_dataset, verify, write_report, assign_to_two),
    "quarantine.jsonl": (adjudicate, agree, split, compile_dataset, verify, write_report, assign_to_two),
    "asked.jsonl": (adjudicate, agree, split, compile_dataset, verify, write_report, assign_to_two),
    "imported.jsonl": (adjudicate, agree, split, compile_dataset, verify, write_report, assign_to_two),
    "clusters.jsonl": (assign_to_two, split, agree),
    "gold.jsonl": (split, audit, compile_dataset, verify, write_report),
    "ledger.jsonl": (compile_dataset, verify, write_report),
    "splits.jsonl": (split, compile_dataset, verify, write_report),
    "leakage.json": (compile_dataset, verify, write_report),
    "conflicts.jsonl": (write_report,),
    "rejects.jsonl": (write_report,),
}


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
@pytest.mark.parametrize("name", READERS)
def test_altered_files_are_refused_by_every_reader(project: Project, name: str, harm: Callable[[Path], None]) -> None:
    """Whatever was done to a file, each verb that reads it says which, and leaves everything as it was."""
    path = project.workspace.root / name
    before = path.read_bytes()
    harm(path)
    if path.read_bytes() == before:
        path.write_bytes(before + b"{}\n")
    kept = contents(project)
    for verb in READERS[name]:
        with pytest.raises(Altered, match=name) as refused:
            verb(project)
        assert f"--adopt {name}" in refused.value.todo
    assert contents(project) == kept

    path.write_bytes(before)
    assert CustodyRecord(project.workspace).state(name) == "made"


@pytest.mark.parametrize("name", ["annotations.jsonl", "quarantine.jsonl"])
def test_what_people_said_cannot_go_missing(project: Project, name: str) -> None:
    """Without the file, nothing is adjudicated, split or compiled; a pull brings it back."""
    (project.workspace.root / name).unlink()

    for verb in (adjudicate, split, compile_dataset):
        with pytest.raises(LabelingError, match=name) as refused:
            verb(project)
        assert "labeling pull" in refused.value.todo

    pull_as_if(project)
    for verb in (adjudicate, split, compile_dataset):
        verb(project)


def test_gold_of_other_annotations_is_stale(project: Project) -> None:
    """After a pull with other words gold, and what was made of it, is refused until it is made anew, in this order."""
    pull_as_if(project, "ROLE")

    for verb in (split, audit, compile_dataset):
        with pytest.raises(Stale, match=r"gold.jsonl was made from another annotations.jsonl") as refused:
            verb(project)
        assert "labeling adjudicate" in refused.value.todo

    adjudicate(project)
    with pytest.raises(Stale, match=r"splits.jsonl was made from another gold.jsonl") as refused:
        compile_dataset(project)
    assert "labeling split" in refused.value.todo
    split(project)
    compile_dataset(project)


def test_a_pull_that_brings_the_same_makes_nothing_stale(project: Project) -> None:
    """The digests are compared, not the instants."""
    pull_as_if(project)
    compile_dataset(project)


@pytest.mark.parametrize("name", ["gold.jsonl", "ledger.jsonl", "splits.jsonl", "leakage.json", "articles.jsonl"])
def test_files_of_another_workspace_are_refused(project: Project, name: str, tmp_path: Path) -> None:
    """A file that is whole and sound, but of another workspace."""
    other = made_lenient(load_project(CONFIG, tmp_path / "other"))
    source = tmp_path / "other.jsonl"
    lines = [{"id": f"a{n:02}", "text": TEXT.format(n, n * 7919)} for n in range(COUNT + 4)]
    source.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    ingest(other, [str(source)])
    pull_as_if(other, "ROLE", COUNT - 3)
    adjudicate(other)
    split(other)
    (project.workspace.root / name).write_bytes((other.workspace.root / name).read_bytes())

    with pytest.raises(Altered, match=name):
        compile_dataset(project)


def test_what_is_not_recorded_is_adopted_once(project: Project) -> None:
    """A workspace of before goes on: what lies there is taken as found, and that is said the first time."""
    heard = list[str]()
    project.workspace.say = heard.append
    project.workspace.custody.path.unlink()

    compile_dataset(project)
    compile_dataset(project)

    assert len(heard) == 1
    assert "gold.jsonl" in heard[0]
    half(project.workspace.gold.path)
    with pytest.raises(Altered, match="it was found with the digest"):
        compile_dataset(project)


def test_a_deliberate_change_is_signed(project: Project) -> None:
    """Adopted for a reason, a file is read again; the card of the dataset tells the reason."""
    half(project.workspace.annotations.path)
    with project.workspace.opened():
        sign_change(project.workspace, "annotations.jsonl", "ben left | the project")
    adjudicate(project)
    split(project)
    made = compile_dataset(project)

    card = (Path(made.folder) / "README.md").read_text(encoding="utf-8")
    assert "annotations.jsonl" in card
    assert "ben left" in card
    pull_as_if(project)
    assert CustodyRecord(project.workspace).state("annotations.jsonl") == "made"


@pytest.mark.parametrize(
    ("name", "why", "reason"),
    [
        ("gold.jsonl", "so", "nothing to sign"),
        ("suggestions.jsonl", "so", "not a file"),
        ("../other", "so", "not a file"),
        ("custody.jsonl", "so", "not a file"),
        ("gold.jsonl", "  ", "for a reason"),
        ("audit.json", "so", "is not there"),
    ],
)
def test_a_signature_needs_a_change_and_a_reason(project: Project, name: str, why: str, reason: str) -> None:
    """What cannot be adopted is refused, with the names of what can."""
    with project.workspace.opened(), pytest.raises(UsageError, match=reason):
        sign_change(project.workspace, name, why)


def test_imported_rows_stay_in_doubt_until_they_are_imported_again(project: Project, tmp_path: Path) -> None:
    """A pull renews the server's rows only: what somebody changed in those of an import is not washed clean by it."""
    lines = [{"text": TEXT.format(1, 7919), "spans": [{"start": 0, "end": 7, "label": "PERSON"}], "answer": "accept"}]
    (tmp_path / "cy.jsonl").write_text(json.dumps(lines[0]) + "\n", encoding="utf-8")
    terms = ImportOptions(annotator="cy")
    import_annotations(project, "prodigy", [str(tmp_path / "cy.jsonl")], terms)
    path = project.workspace.annotations.path
    adjudicate(project)
    path.write_bytes(b"".join(line for line in path.read_bytes().splitlines(keepends=True) if b'"cy"' not in line))

    for _ in range(2):
        with pytest.raises(Altered, match="imported of cy") as refused:
            adjudicate(project)
        assert "labeling import" in refused.value.todo
        pull_again(project)

    import_annotations(project, "prodigy", [str(tmp_path / "cy.jsonl")], terms)
    adjudicate(project)


def pull_again(project: Project) -> None:
    """A pull that takes over the imported rows that it finds, as `labeling pull` does."""
    workspace = project.workspace
    files = (workspace.annotations, workspace.quarantine)
    with workspace.opened(), keep_custody(workspace, "pull", reads=(workspace.articles, *files), writes=files):
        carried = [row for row in workspace.annotations.rows() if row.imported]
        workspace.annotations.write([*said_by_two(), *carried])


def test_an_import_does_not_wash_what_was_pulled(project: Project, tmp_path: Path) -> None:
    """Half of the server's rows are gone; an import writes the file anew, and they are missed all the same."""
    half(project.workspace.annotations.path)
    line = {"text": TEXT.format(1, 7919), "spans": [{"start": 0, "end": 7, "label": "PERSON"}], "answer": "accept"}
    (tmp_path / "cy.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")

    import_annotations(project, "prodigy", [str(tmp_path / "cy.jsonl")], ImportOptions(annotator="cy"))

    with pytest.raises(Altered, match=r"annotations.jsonl") as refused:
        adjudicate(project)
    assert "labeling pull" in refused.value.todo


def test_a_killed_verb_goes_on_and_nobody_reads_what_it_left(project: Project) -> None:
    """Killed between two files, adjudicate is named to readers of either, and mends both when it runs again."""
    workspace = project.workspace
    record = CustodyRecord(workspace)
    record.begin("adjudicate", ["gold.jsonl", "conflicts.jsonl", "ledger.jsonl"])
    half(workspace.gold.path)

    for verb in (split, compile_dataset):
        with pytest.raises(Stale, match="`labeling adjudicate` was cut short"):
            verb(project)
    adjudicate(project)
    split(project)
    compile_dataset(project)
    assert not (workspace.root / ".custody-unfinished.json").exists()


def test_a_verb_that_fails_leaves_no_trace(project: Project) -> None:
    """What it did not touch is as it was left."""
    before = project.workspace.custody.path.read_bytes()
    with (
        pytest.raises(ZeroDivisionError),
        project.workspace.opened(),
        keep_custody(project.workspace, "adjudicate", writes=(project.workspace.gold,)),
    ):
        _ = 1 / 0
    assert project.workspace.custody.path.read_bytes() == before
    split(project)


def test_the_record_is_the_same_on_every_rerun_and_names_no_place(project: Project) -> None:
    """No time and no path of the machine is in it."""
    before = project.workspace.custody.path.read_bytes()
    adjudicate(project)
    split(project)
    compile_dataset(project)

    assert project.workspace.custody.path.read_bytes() == before
    assert str(project.workspace.root).encode() not in before
    rows: list[dict[str, Any]] = [json.loads(line) for line in before.splitlines()]
    gold = next(row for row in rows if row["file"] == "gold.jsonl")
    assert gold["verb"] == "adjudicate"
    said = {"annotations.jsonl", "quarantine.jsonl", "asked.jsonl", "imported.jsonl"}
    assert set(gold["read"]) == {"articles.jsonl", *said}


def test_a_second_report_leaves_the_same_record(project: Project) -> None:
    """The record is not a source of what it records."""
    write_report(project)
    before = project.workspace.custody.path.read_bytes()
    write_report(project)

    assert project.workspace.custody.path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"files": 3}', b"\xff"])
@pytest.mark.parametrize("name", [".custody-cache.json", ".custody-unfinished.json"])
def test_what_lies_beside_the_record_may_be_damaged(project: Project, name: str, content: bytes) -> None:
    """The cache and the note of unfinished work are no part of the record."""
    (project.workspace.root / name).write_bytes(content)
    compile_dataset(project)
    half(project.workspace.gold.path)
    with pytest.raises(Altered):
        compile_dataset(project)


def test_suggestions_belong_to_whoever_writes_them(project: Project) -> None:
    """They may be written by hand, changed and deleted."""
    path = project.workspace.suggestions.path
    for content in ("", '{"article":"a00","digest":"x","annotator":"model:mine"}\n'):
        path.write_text(content, encoding="utf-8")
        adjudicate(project)
        write_report(project)


def run(project: Project, *words: str | Path) -> Result:
    """A command in the workspace."""
    where = ["--config", str(CONFIG), "--workspace", str(project.workspace.root)]
    return CliRunner().invoke(cli, [*where, *map(str, words)], standalone_mode=False)


def states(project: Project) -> dict[str, str]:
    """How each file stands, as the command prints it, and the next command under `next`."""
    told = json.loads(run(project, "status", "--json").stdout)
    return {each["file"]: each["state"] for each in told["files"]} | {"next": told["next"]}


def test_status_names_states_and_the_next_command_without_a_server(project: Project) -> None:
    """Made, stale, altered, missing; and what to do, in the order of the journey."""
    assert states(project)["gold.jsonl"] == "made"
    assert states(project)["agreement.json"] == "missing"
    assert states(project)["next"] == "labeling train"

    pull_as_if(project, "ROLE")
    assert states(project)["gold.jsonl"] == states(project)["splits.jsonl"] == "stale"
    assert states(project)["next"] == "labeling adjudicate"
    adjudicate(project)
    assert states(project)["next"] == "labeling split"
    split(project)
    assert states(project)["next"] == "labeling compile"

    half(project.workspace.quarantine.path)
    assert states(project)["quarantine.jsonl"] == "altered"
    assert states(project)["next"] == "labeling pull"
    printed = run(project, "status").stdout.splitlines()
    assert ["quarantine.jsonl", "altered"] in [line.split() for line in printed]
    # As it can be typed again: the pull is of a server, and there is none.
    files = f"--config {CONFIG} --workspace {project.workspace.root}"
    assert printed[-1] == f"Next: labeling {files} serve --detach"


def test_status_signs_a_change(project: Project) -> None:
    """`--adopt` with `--why`; one without the other is a wrong command."""
    half(project.workspace.articles.path)
    assert states(project)["next"] == "labeling status --adopt articles.jsonl --why TEXT"
    for words in (["--adopt", "articles.jsonl"], ["--why", "so"], ["--adopt", "nothing", "--why", "so"]):
        assert isinstance(run(project, "status", *words).exception, UsageError)

    assert run(project, "status", "--adopt", "articles.jsonl", "--why", "withdrawn by the agency").exception is None

    assert states(project)["articles.jsonl"] == "adopted"
    assert "adopted: withdrawn by the agency" in run(project, "status").stdout


def test_the_note_on_what_was_found_is_on_stderr(project: Project) -> None:
    """What a command prints for programs stays as it is."""
    project.workspace.custody.path.unlink()
    told = run(project, "adjudicate", "--json")

    assert json.loads(told.stdout)["articles"] == COUNT
    assert "taken as found" in told.stderr
