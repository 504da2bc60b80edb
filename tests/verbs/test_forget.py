"""`labeling forget` without a server: what goes, what stays away, and what a forgotten article leaves behind."""

from __future__ import annotations

import json
import pathlib
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import made
import pytest
from click.testing import CliRunner
from in_custody import CONFIG, COUNT, TEXT, contents, copied, half, import_as_if, pull_as_if, said_by_two, walk_the_road

from labeling.adjudication.adjudicate import adjudicate
from labeling.annotations import Annotation, Relation, Span
from labeling.cli import cli
from labeling.corpora.compile_dataset import compile_dataset
from labeling.corpora.verify import verify
from labeling.errors import Altered, DamagedFile, Stale, StillAnnotated, UsageError
from labeling.evaluation.agree import agree
from labeling.exports.export import export
from labeling.imports.import_annotations import import_annotations
from labeling.imports.merge import ImportOptions
from labeling.passages.cluster import cluster
from labeling.report.write_report import write_report
from labeling.reprints.audit import audit
from labeling.reprints.carry import carry
from labeling.sources.ingest import ingest
from labeling.splits.placement import PlacementFacts, assign_splits
from labeling.splits.split import split
from labeling.studio.sync.forget import allow_again, forget
from labeling.workspace.custody import keep_custody
from labeling.workspace.custody_record import CustodyRecord
from labeling.workspace.rows.learning_rows import BegunRow, OfferedRow
from labeling.workspace.rows.passage import ClusterRow
from labeling.workspace.rows.reader_assignment import Assignment
from labeling.workspace.rows.server_state import ProjectLink, PulledTask, PushedTask
from labeling.workspace.standing import read_standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from labeling.project import Project

WRONG = "a03"
WORDS = TEXT.format(3, 3 * 7919)
NOBODY = "http://127.0.0.1:9"  # where nothing answers


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Twelve articles along the whole road; two people have annotated each."""
    return walk_the_road(tmp_path_factory.mktemp("pattern"))


@pytest.fixture
def project(pattern: Project, tmp_path: Path) -> Project:
    """A copy of it."""
    return copied(pattern, tmp_path)


def split_of(project: Project, name: str) -> str | None:
    """Where an article is."""
    return {row.article: row.split for row in project.workspace.splits.rows()}.get(name)


def written(folder: Path, name: str, text: str) -> str:
    """A file with one article."""
    source = folder / "again.jsonl"
    source.write_text(json.dumps({"id": name, "text": text}) + "\n", encoding="utf-8")
    return str(source)


def test_what_was_carried_from_a_forgotten_article_is_not_in_what_was_offered(project: Project) -> None:
    """Of its reprint the spans go that only it suggested; what a model says, too, stays, and what was sent is known."""
    carried = ("projected:a03/p1", "projected:a03+model:rules/p2", "model:rules/p3", "projected:a02/p4", "p5")
    spans = tuple(Span(id=name, start=n, end=n + 1, label="PERSON") for n, name in enumerate(carried))
    links = tuple(Relation(head=carried[n], tail=carried[2], label="SAME_AS") for n in (0, 1))
    words = Annotation(article="a05", digest="d", annotator="projected:+model:rules", spans=spans, relations=links)
    begun = BegunRow(article="a05", digest="d", source=words.annotator, spans=spans, relations=links)
    sent = OfferedRow(article="a05", text="d", signature=words.annotator, sent="0123456789abcdef", words=words)
    offered, seen_before = project.workspace.offered, project.workspace.begun
    with project.workspace.opened(), keep_custody(project.workspace, "push", writes=(offered, seen_before)):
        offered.write([sent, sent.model_copy(update={"article": WRONG})])
        seen_before.write([begun])

    forget(project, [WRONG], force=True)

    (left,), (seen,) = offered.rows(), seen_before.rows()
    assert left.words is not None
    for said in (left.words, seen):
        assert [span.id for span in said.spans] == [*carried[1:]]
        assert [each.head for each in said.relations] == [carried[1]]
    assert left == sent.model_copy(update={"words": left.words})
    before = contents(project)
    forget(project, [WRONG], force=True)
    assert contents(project) == before


def go_on(project: Project) -> None:
    """The road from the articles to a proven dataset."""
    for verb in (cluster, adjudicate, split, compile_dataset, verify, write_report):
        verb(project)


def mentions(project: Project, words: str) -> set[str]:
    """The workspace's own files, datasets apart, in which these words stand."""
    root = project.workspace.root
    return {path.name for path in root.glob("[!.]*") if path.is_file() and words.encode() in path.read_bytes()}


def unread(project: Project) -> None:
    """An article that nobody has annotated: its people took their words back."""
    workspace = project.workspace
    files = (workspace.annotations, workspace.quarantine)
    with workspace.opened(), keep_custody(workspace, "pull", reads=(workspace.articles, *files), writes=files):
        workspace.annotations.write(each for each in said_by_two() if each.article != WRONG)


def test_an_article_that_nobody_has_annotated_goes_and_leaves_its_id_digest_and_split(project: Project) -> None:
    """Text and rows are gone, the row of `forgotten.jsonl` has no word of it, and the road goes on."""
    unread(project)
    go_on(project)
    place = split_of(project, WRONG)
    assert place, "once placed, an article keeps its place"
    others = {row.article: row.split for row in project.workspace.splits.rows() if row.article != WRONG}

    result = forget(project, [WRONG], why="not news")

    assert (result.articles, result.tasks, result.left, result.said) == ((WRONG,), 0, (), {})
    (row,) = project.workspace.forgotten.rows()
    assert (row.article, row.digest, row.split, row.why) == (WRONG, made.article("", WORDS).digest, place, "not news")
    assert mentions(project, WORDS) == set()
    go_on(project)
    assert {row.article: row.split for row in project.workspace.splits.rows()} == others
    assert mentions(project, f'"article":"{WRONG}"') == {"forgotten.jsonl"}


@pytest.mark.parametrize("names", [[WRONG], ["a05", WRONG]])
def test_what_people_have_annotated_is_not_forgotten_unless_forced(project: Project, names: list[str]) -> None:
    """Refused whole, with who said what; forced, it says how much of whom went."""
    before = contents(project)
    with pytest.raises(StillAnnotated, match=r"'a03' \(ana 1 submitted, ben 1 submitted\)") as refused:
        forget(project, names)
    assert "--force" in refused.value.todo
    assert contents(project) == before

    result = forget(project, names, force=True)
    assert result.said == {"ana": {"submitted": len(names)}, "ben": {"submitted": len(names)}}
    assert result.rows["annotations.jsonl"] == 2 * len(names)
    assert mentions(project, WORDS) == set()
    go_on(project)
    assert {row.article for row in project.workspace.gold.rows()} == {f"a{n:02}" for n in range(COUNT)} - {*names}


def test_the_words_of_a_model_hold_nothing_back(project: Project) -> None:
    """Only people annotate; what a model suggested goes along."""
    unread(project)
    suggestion = said_by_two()[6].model_copy(update={"annotator": "model:mine", "task": None, "server_id": None})
    project.workspace.suggestions.write([suggestion])
    assert suggestion.article == WRONG
    parts = project.workspace.root / ".suggestions.jsonl.parts-0123456789abcdef"
    parts.mkdir()
    (parts / "000000.part").write_text(suggestion.model_dump_json())

    assert forget(project, [WRONG]).rows["suggestions.jsonl"] == 1
    assert not parts.exists()
    assert list(project.workspace.suggestions.rows()) == []


def test_what_a_reader_was_to_read_goes_along(project: Project) -> None:
    """Nobody is given an article that is not there; the other assignments keep their places."""
    rows = [
        Assignment(article=name, reader="ana@example.org", part="first", order=order)
        for order, name in enumerate(["a02", WRONG, "a04"], start=1)
    ]
    project.workspace.assignments.write(rows)
    assert forget(project, [WRONG], force=True).rows["assignments.jsonl"] == 1
    assert list(project.workspace.assignments.rows()) == [rows[0], rows[2]]


def test_a_person_of_whom_all_is_in_quarantine_has_annotated_it(project: Project) -> None:
    """Words that were spoken for another stand in quarantine alone, and are words all the same."""
    unread(project)
    workspace = project.workspace
    row = next(workspace.quarantine.rows()).model_copy(update={"article": WRONG, "annotator": "dan", "server_id": 77})
    files = (workspace.annotations, workspace.quarantine)
    with workspace.opened(), keep_custody(workspace, "pull", reads=files, writes=files):
        workspace.quarantine.write([row])
    with pytest.raises(StillAnnotated, match="dan 1 quarantined"):
        forget(project, [WRONG])


def test_an_imported_annotation_counts_and_goes_with_its_scope(project: Project, tmp_path: Path) -> None:
    """Who said it elsewhere has said it; the other words of that annotator stay as they are, and in order."""
    span = {"start": 0, "end": 7, "label": "PERSON"}
    lines = [{"text": TEXT.format(n, n * 7919), "spans": [span], "answer": "accept"} for n in (3, 4)]
    source = tmp_path / "eve.jsonl"
    source.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    import_annotations(project, "prodigy", [str(source)], ImportOptions(annotator="eve"))
    with pytest.raises(StillAnnotated, match="eve 1 submitted"):
        forget(project, [WRONG])

    forget(project, [WRONG], force=True)
    left = [(row.article, row.annotator) for row in project.workspace.imported.rows() if row.annotator == "eve"]
    assert left == [("a04", "eve")]
    go_on(project)
    assert CustodyRecord(project.workspace).state("annotations.jsonl") == "made"
    rejected = import_annotations(project, "prodigy", [str(source)], ImportOptions(annotator="eve")).rejected
    assert rejected == {"forgotten": 1}
    assert mentions(project, WORDS) == set()


READERS: tuple[Callable[[Project], object], ...] = (
    *(adjudicate, agree, audit, carry, split, compile_dataset, write_report, verify),
    lambda project: export(project, "prodigy", out=project.workspace.root.parent / "out"),
)


@pytest.mark.parametrize("reader", READERS)
def test_every_verb_goes_on_or_names_the_one_that_comes_first(
    project: Project, reader: Callable[[Project], object]
) -> None:
    """Right after it, before anything was made anew: what follows from the words is stale, and nothing breaks."""
    forget(project, [WRONG, "a00"], force=True)
    assert read_standing(project.workspace).next == "labeling cluster"
    with suppress(Stale):
        reader(project)


def test_a_forgotten_text_is_refused_by_name_whatever_its_id(project: Project, tmp_path: Path) -> None:
    """By ingest under its id and under another; a right text may have the id, and the wrong one is still refused."""
    forget(project, [WRONG], force=True)
    for name in (WRONG, "reprint"):
        assert ingest(project, [written(tmp_path, name, WORDS.replace("\n", "\r\n"))]).rejected == {"forgotten": 1}
        (reject,) = project.workspace.rejects.rows()
        assert reject.id == name
        assert f"labeling forget --undo {WRONG}" in reject.todo

    assert ingest(project, [written(tmp_path, WRONG, "The right text. It is another one.")]).new == 1
    assert ingest(project, [written(tmp_path, WRONG, WORDS)]).rejected == {"forgotten": 1}
    # What was forgotten before does not take the right text along.
    assert forget(project).articles == ()
    assert next(row.text for row in project.workspace.articles.rows() if row.id == WRONG).startswith("The right")
    assert forget(project, [WRONG]).articles == (WRONG,)
    assert len(list(project.workspace.forgotten.rows())) == 2


def test_of_two_with_one_text_the_other_stays(project: Project, tmp_path: Path) -> None:
    """A copy was taken back: the article that has the text is still the same article, also for an import."""
    ingest(project, [written(tmp_path, "copy", WORDS)])
    forget(project, ["copy"])
    again = written(tmp_path, WRONG, WORDS)
    assert ingest(project, [again]).same == 1
    assert ingest(project, [written(tmp_path, "copy", WORDS)]).rejected == {"forgotten": 1}

    source = tmp_path / "eve.jsonl"
    line = {"text": WORDS, "spans": [{"start": 0, "end": 7, "label": "PERSON"}], "answer": "accept"}
    source.write_text(json.dumps(line) + "\n", encoding="utf-8")
    result = import_annotations(project, "prodigy", [str(source)], ImportOptions(annotator="eve"))
    assert (result.matched, result.rejected) == (1, {})


@pytest.mark.parametrize("name", ["a00", "a03", "a07", "a11"])
def test_an_article_that_is_taken_in_again_keeps_its_side(project: Project, tmp_path: Path, name: str) -> None:
    """Undone, ingested under its id, annotated again: it is in the split that it was in."""
    number = int(name[1:])
    text, place = TEXT.format(number, number * 7919), split_of(project, name)
    forget(project, [name], force=True)
    adjudicate(project)
    (row,) = allow_again(project, [name])
    assert row.article == name

    assert ingest(project, [written(tmp_path, name, text)]).new == 1
    pull_as_if(project)
    go_on(project)
    assert split_of(project, name) == place
    # A second time, by what is remembered of the first.
    assert forget(project, [name], force=True).articles == (name,)
    (row,) = project.workspace.forgotten.rows()
    assert (row.split, row.again) == (place, False)


def test_a_reprint_without_a_place_keeps_the_side_of_what_was_forgotten(project: Project, tmp_path: Path) -> None:
    """Its words were in test: should it be annotated, it goes there, though nothing tells of the words any more."""
    for side in ("train", "dev", "test"):
        name = next(row.article for row in project.workspace.splits.rows() if row.split == side)
        project.workspace.root.joinpath("more").mkdir(exist_ok=True)
        ingest(project, [written(tmp_path, f"late-{side}", f"Quite other words about {side}, and none of theirs.")])
        cluster(project)
        group = {"story": name, "leak_group": name}
        rows = [row for row in project.workspace.clusters.rows() if row.article not in (name, f"late-{side}")]
        rows += [ClusterRow(article=each, lead=each == name, **group) for each in (name, f"late-{side}")]
        with (
            project.workspace.opened(),
            keep_custody(project.workspace, "cluster", writes=(project.workspace.clusters,)),
        ):
            project.workspace.clusters.write(rows)
        forget(project, [name], force=True)
        kept = {row.article: row for row in project.workspace.forgotten.rows()}[name]
        assert (kept.split, kept.shared_with) == (side, (f"late-{side}",))
    cluster(project)
    pull_rows(project)
    adjudicate(project)
    split(project)
    assert {side: split_of(project, f"late-{side}") for side in ("train", "dev", "test")} == {
        side: side for side in ("train", "dev", "test")
    }


def pull_rows(project: Project) -> None:
    """What people say of the articles that are here now."""
    workspace = project.workspace
    files = (workspace.annotations, workspace.quarantine)
    first = said_by_two()[0]
    said = [
        first.model_copy(update={"article": each.id, "digest": each.digest, "spans": ()})
        for each in workspace.articles.rows()
    ]
    with workspace.opened(), keep_custody(workspace, "pull", reads=(workspace.articles, *files), writes=files):
        workspace.annotations.write(said)


def test_a_side_decides_before_the_shares_do() -> None:
    """Four new articles that share nothing: without sides the first three go each to another split."""
    shares = {"train": 0.5, "dev": 0.25, "test": 0.25}
    facts = PlacementFacts({}, sides={"a": "test", "b": "test"})
    rows = assign_splits({name: name for name in "abcd"}, "abcd", [], shares, "seed", facts)  # type: ignore[arg-type]
    assert {row.article: row.split for row in rows if row.article in "ab"} == {"a": "test", "b": "test"}


@pytest.mark.parametrize("names", [["a3"], ["a05", "a3"], ["A03", "a05"]])
def test_an_unknown_id_is_named_with_the_nearest_and_nothing_is_done(project: Project, names: list[str]) -> None:
    """Not half of the ids either."""
    before = contents(project)
    with pytest.raises(UsageError, match=r"no article '(a3|A03)'") as refused:
        forget(project, names, force=True)
    assert "did you mean 'a" in refused.value.todo
    with pytest.raises(UsageError, match="was forgotten"):
        allow_again(project, names)
    with pytest.raises(UsageError, match="no article is named"):
        forget(project)
    assert contents(project) == before


@pytest.mark.parametrize("name", ["annotations.jsonl", "articles.jsonl", "splits.jsonl", "imported.jsonl"])
def test_from_an_altered_file_nothing_is_taken(project: Project, name: str) -> None:
    """A change that nobody signed would be signed by it."""
    half(project.workspace.root / name)
    before = contents(project)
    with pytest.raises(Altered, match=name):
        forget(project, [WRONG], force=True)
    assert contents(project) == before


def test_a_line_that_cannot_be_read_is_found_before_anything_goes(project: Project) -> None:
    """Suggestions are free, so that no record tells of the fault."""
    project.workspace.suggestions.path.write_text("{\n", encoding="utf-8")
    before = contents(project)
    with pytest.raises(DamagedFile, match=r"suggestions.jsonl"):
        forget(project, [WRONG], force=True)
    assert contents(project) == before


def test_what_was_stale_before_is_stale_after(project: Project) -> None:
    """To take rows out of a file does not make it anew: splits of other gold are splits of other gold."""
    pull_as_if(project, "ROLE")
    adjudicate(project)
    assert CustodyRecord(project.workspace).state("splits.jsonl") == "stale"
    forget(project, [WRONG], force=True)
    assert CustodyRecord(project.workspace).state("splits.jsonl") == "stale"


def test_what_somebody_wrote_into_the_journal_is_not_signed_by_it(project: Project) -> None:
    """The next push asks the server in place of a journal that is not as it was left."""
    workspace = project.workspace
    rows = [PushedTask(article=each.id, digest=each.digest) for each in workspace.articles.rows()]
    with workspace.opened(), keep_custody(workspace, "push", writes=(workspace.pushed,)):
        workspace.pushed.write(rows)
    half(workspace.pushed.path)
    forget(project, [WRONG], force=True)
    assert CustodyRecord(workspace).state("pushed.jsonl") == "altered"


def with_tasks(project: Project) -> None:
    """The article was sent to a server that does not answer any more."""
    workspace = project.workspace
    digest = made.article("", WORDS).digest
    files = (workspace.studio_link, workspace.pushed, workspace.pulled)
    with workspace.opened(), keep_custody(workspace, "push", writes=files):
        workspace.studio_link.write(ProjectLink(url=NOBODY, project=7, created="2024-05-01T10:00:00Z"))
        workspace.pushed.write([PushedTask(article=WRONG, digest=digest, task=12)])
        workspace.pulled.write([PulledTask(task=12, article=WRONG, updated="")])


def test_without_a_server_the_task_is_left_and_its_page_told(project: Project) -> None:
    """Exit status 3, the link, and the journal still knows of it; the article is gone all the same."""
    with_tasks(project)
    where = ["--config", str(CONFIG), "--workspace", str(project.workspace.root)]
    done = CliRunner().invoke(cli, [*where, "forget", WRONG, "--force"], standalone_mode=False)
    assert done.return_value == 3, done.output
    assert f"Left: the task of '{WRONG}' at {NOBODY}/projects/7/data?task=12: " in done.stderr
    assert "ana 1 submitted, ben 1 submitted" in done.stdout
    assert f"Next: labeling {' '.join(where)} cluster" in done.stdout
    assert mentions(project, WORDS) == set()
    assert [row.task for row in project.workspace.pushed.rows()] == [12]

    # What is left is tried again, without an id too.
    for again in ([], [WRONG]):
        done = CliRunner().invoke(cli, [*where, "forget", *again, "--json"], standalone_mode=False)
        assert done.return_value == 3
        told = json.loads(done.stdout)
        assert (told["articles"], told["tasks"], [each["article"] for each in told["left"]]) == ([], 0, [WRONG])


def test_the_command_line_counts_and_undoes(project: Project) -> None:
    """`status` counts them; `--undo` takes ids alone, and tells them."""
    where = ["--config", str(CONFIG), "--workspace", str(project.workspace.root)]

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(cli, [*where, *words])
        return done.exit_code, done.output if not done.exception else str(done.exception)

    assert "forgotten" not in json.loads(run("status", "--json")[1])
    assert run("forget", WRONG, "a05", "--force")[0] == 0
    assert json.loads(run("status", "--json")[1])["forgotten"] == 2
    assert "2 articles were forgotten" in run("status")[1]
    assert "--undo takes the ids" in run("forget", "--undo")[1]
    assert json.loads(run("forget", "--undo", WRONG, "--json")[1]) == {"again": [WRONG]}
    assert json.loads(run("status", "--json")[1])["forgotten"] == 1


class Killed(BaseException):
    """As if the process were gone: nobody tidies up."""


def test_killed_between_any_two_writes_and_run_again_it_ends_as_if_nothing_had_been(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before and after each renaming and each removal of a file: the same command leaves the same bytes."""
    import_as_if(project)
    with_tasks(project)
    whole = copied(project, tmp_path / "whole")
    forget(whole, [WRONG, "a00"], force=True)
    root = whole.workspace.root
    expected = {name.removeprefix(str(root)): content for name, content in contents(whole).items()}

    deaths = 0
    for after in (False, True):
        for number in range(1, 100):
            victim = copied(project, tmp_path / f"{after}{number}")
            if not dies(victim, number, after=after, monkeypatch=monkeypatch):
                break
            deaths += 1
            if victim.workspace.forgotten.exists() and not after:
                forget(victim, force=True)
            forget(victim, [WRONG, "a00"], force=True)
            root = victim.workspace.root
            found = {name.removeprefix(str(root)): content for name, content in contents(victim).items()}
            assert found == expected, (number, after)
            assert read_standing(victim.workspace) == read_standing(whole.workspace)
    assert deaths > 20


def dies(project: Project, number: int, *, after: bool, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Kill it at that change of the disk, before or after it; false where it makes fewer."""
    seen = 0

    def counted(change: Callable[..., object]) -> Callable[..., object]:
        def changed(path: Path, *words: object, **options: object) -> object:
            nonlocal seen
            # The temporary files of a writer are not there for anybody.
            is_temporary = change is unlink and path.name.startswith(".") and "unfinished" not in path.name
            seen += not is_temporary
            if seen == number and not is_temporary and not after:
                raise Killed
            result = change(path, *words, **options)
            if seen == number and not is_temporary:
                raise Killed
            return result

        return changed

    replace, unlink = pathlib.Path.replace, pathlib.Path.unlink

    def gone(*_words: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(pathlib.Path, "replace", counted(replace))
        patched.setattr(pathlib.Path, "unlink", counted(unlink))
        patched.setattr(CustodyRecord, "give_up", gone)
        try:
            forget(project, [WRONG, "a00"], force=True)
        except Killed:
            return True
    return False


def test_undoing_what_was_cut_short_is_refused(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of it would be gone, and nobody would know."""
    assert dies(project, 4, after=True, monkeypatch=monkeypatch)
    assert project.workspace.forgotten.exists()
    with pytest.raises(UsageError, match="was cut short"):
        allow_again(project, [WRONG])
    assert read_standing(project.workspace).next == "labeling forget"
    # Who comes by in between is told so, and brings nothing back.
    source = written(project.workspace.root, WRONG, WORDS)
    for verb in (lambda: ingest(project, [source]), lambda: split(project)):
        with pytest.raises(Stale, match="`labeling forget` was cut short"):
            verb()


@pytest.mark.parametrize("harm", [lambda path: path.unlink(), half])
def test_nobody_goes_on_without_what_was_forgotten(project: Project, harm: Callable[[Path], object]) -> None:
    """A list that somebody emptied or took away would let all of it come back; its owner can sign that."""
    forget(project, [WRONG], force=True)
    adjudicate(project)
    harm(project.workspace.forgotten.path)
    source = written(project.workspace.root, WRONG, WORDS)
    forgets = partial(forget, project, ["a05"], force=True)
    for verb in (partial(ingest, project, [source]), partial(split, project), forgets):
        with pytest.raises(Altered, match=r"forgotten.jsonl") as refused:
            verb()
        assert "--adopt forgotten.jsonl" in refused.value.todo
