"""A flow over articles gives the same bytes whether it ran through, was cut short and resumed, or met damaged parts."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import made
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.articles import Article
from labeling.errors import Altered, DamagedFile, NoRoom, TrainingError, WorkspaceBusy
from labeling.project import load_project
from labeling.values import canonical_json
from labeling.workspace.file_handles import RowsFile
from labeling.workspace.flow.article_batches import plan_batches, read_article_batch
from labeling.workspace.flow.article_flow import FlowPlace, WorkOrder, flow_in_order, write_flow
from labeling.workspace.flow.parts import Made, keep_parts
from labeling.workspace.storage import write_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from labeling.workspace.flow.article_flow import Worker

HERE = FlowPlace()


def numbered(count: int) -> list[Article]:
    """Articles in the order of their ids; every tenth text is as long as a page."""
    lengths = (3000, *[3] * 9)
    return [made.article(f"a{number:04}", f"text {number} " + "x" * lengths[number % 10]) for number in range(count)]


@pytest.fixture
def file(tmp_path: Path) -> RowsFile[Article]:
    """250 articles: three batches."""
    path = tmp_path / "in" / "articles.jsonl"
    write_rows(path, numbered(250))
    return RowsFile(path, Article, "ingest", ("id",))


def open_counting(log: Path, stop_at: str) -> Worker:
    """A worker that writes the length of each text, notes which batches it did, and fails at one article."""
    with log.open("a") as lines:
        lines.write("opened\n")

    def count(articles: Sequence[Article]) -> Made:
        if stop_at in {article.id for article in articles}:
            raise TrainingError("enough", todo="go on")
        with log.open("a") as lines:
            lines.write(articles[0].id + "\n")
        rows = "".join(canonical_json({"article": each.id, "length": len(each.text)}) + "\n" for each in articles)
        return Made(rows.encode(), {"lengths": dict(Counter(str(len(each.text)) for each in articles))})

    return count


def ordered(log: Path, stop_at: str = "", digest: str = "d") -> WorkOrder:
    """Such work."""
    return WorkOrder(digest, partial(open_counting, log, stop_at))


def expected(articles: Sequence[Article]) -> bytes:
    """What that work should write."""
    return "".join(f'{{"article":"{each.id}","length":{len(each.text)}}}\n' for each in articles).encode()


def test_rows_stand_in_the_order_of_the_articles(file: RowsFile[Article], tmp_path: Path) -> None:
    """All rows, counted once; the worker was opened once; nothing is left beside the file."""
    out, log = tmp_path / "out" / "rows.jsonl", tmp_path / "log"
    told = list[tuple[int, int]]()

    tally = write_flow(out, plan_batches(file), ordered(log), FlowPlace(progress=lambda *done: told.append(done)))

    assert out.read_bytes() == expected(list(file.rows()))
    assert sum(tally["lengths"].values()) == 250
    assert sorted(log.read_text().split()) == ["a0000", "a0100", "a0200", "opened"]
    assert [told[0], told[-1], len(told)] == [(0, 250), (250, 250), 4]
    assert [path.name for path in out.parent.iterdir()] == ["rows.jsonl"]


def cut_short(out: Path, file: RowsFile[Article], log: Path) -> Path:
    """A run that somebody ends when it has done two batches, of which one is kept; return the folder of parts."""

    def interrupt(done: int, _total: int) -> None:
        if done > 150:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_flow(out, plan_batches(file), ordered(log), FlowPlace(progress=interrupt))
    (parts,) = out.parent.glob(".rows.jsonl.parts-*")
    log.write_text("")
    return parts


def test_a_run_that_was_cut_short_goes_on_with_what_it_had(file: RowsFile[Article], tmp_path: Path) -> None:
    """The former file stays whole; the second run does only what the first did not keep, and counts all."""
    out, log = tmp_path / "rows.jsonl", tmp_path / "log"
    out.write_bytes(b"former\n")
    (kept,) = cut_short(out, file, log).glob("*.part")
    assert out.read_bytes() == b"former\n"

    tally = write_flow(out, plan_batches(file), ordered(log), HERE)

    assert sorted([*log.read_text().split(), f"a0{int(kept.stem)}00"]) == ["a0000", "a0100", "a0200", "opened"]
    assert out.read_bytes() == expected(list(file.rows()))
    assert sum(tally["lengths"].values()) == 250


def test_a_fault_of_a_worker_keeps_its_name_and_the_former_file(file: RowsFile[Article], tmp_path: Path) -> None:
    """From wherever it works; what was finished is there for the next run."""
    out = tmp_path / "rows.jsonl"
    out.write_bytes(b"former\n")

    with pytest.raises(TrainingError, match="enough") as caught:
        write_flow(out, plan_batches(file), ordered(tmp_path / "log", "a0222"), HERE)

    assert caught.value.todo == "go on"
    assert out.read_bytes() == b"former\n"


def _change_settings(_file: RowsFile[Article], _parts: Path) -> str:
    return "other"


def _change_article(file: RowsFile[Article], _parts: Path) -> str:
    write_rows(file.path, [*numbered(249), made.article("a0249", "another text")])
    return "d"


def _cut_part(_file: RowsFile[Article], parts: Path) -> str:
    for part in parts.iterdir():
        part.write_bytes(part.read_bytes()[:-40])
    return "d"


def _empty_part(_file: RowsFile[Article], parts: Path) -> str:
    for part in parts.iterdir():
        part.write_bytes(b"")
    return "d"


def _scribble(_file: RowsFile[Article], parts: Path) -> str:
    for part in parts.iterdir():
        part.write_bytes(b'["",7]\n' + part.read_bytes())
    (parts / "000009.part").mkdir()
    return "d"


@pytest.mark.parametrize("change", [_change_settings, _change_article, _cut_part, _empty_part, _scribble])
def test_parts_of_something_else_are_never_taken(
    file: RowsFile[Article], tmp_path: Path, change: Callable[[RowsFile[Article], Path], str]
) -> None:
    """Other settings, one other article, parts cut short, emptied or scribbled in: all is done anew, nothing left."""
    out, log = tmp_path / "rows.jsonl", tmp_path / "log"
    digest = change(file, cut_short(out, file, log))

    write_flow(out, plan_batches(file), ordered(log, digest=digest), HERE)

    assert sorted(log.read_text().split()) == ["a0000", "a0100", "a0200", "opened"]
    assert out.read_bytes() == expected(list(file.rows()))
    assert not [*tmp_path.glob(".rows.jsonl*")]


def test_unsorted_articles_are_sorted_where_the_file_has_an_order(tmp_path: Path) -> None:
    """By the fields of the file's order, without which rows stand as the articles do."""
    articles = numbered(250)[::-1]
    path = tmp_path / "articles.jsonl"
    write_rows(path, articles)
    plan = plan_batches(RowsFile(path, Article, "ingest", ("id",)))
    sorting = RowsFile(tmp_path / "s.jsonl", Article, "suggest", ("article",))

    write_flow(tmp_path / "s.jsonl", plan, ordered(tmp_path / "log"), HERE, sorting)
    write_flow(tmp_path / "p.jsonl", plan, ordered(tmp_path / "log"), HERE)

    assert (tmp_path / "s.jsonl").read_bytes() == expected(articles[::-1])
    assert (tmp_path / "p.jsonl").read_bytes() == expected(articles)
    assert b"".join(made.rows for made in flow_in_order(plan, ordered(tmp_path / "log"), HERE)) == expected(articles)


def test_two_commands_do_not_make_one_file(file: RowsFile[Article], tmp_path: Path) -> None:
    """The second is refused, and takes nothing from the first."""
    out, log = tmp_path / "rows.jsonl", tmp_path / "log"
    with keep_parts(out, "first") as parts:
        parts.keep(0, Made(b"row\n"))
        with pytest.raises(WorkspaceBusy, match=r"rows\.jsonl"):
            write_flow(out, plan_batches(file), ordered(log), HERE)
        assert parts.read(0) == Made(b"row\n")


def test_a_folder_that_cannot_be_made_is_named(file: RowsFile[Article], tmp_path: Path) -> None:
    """Something else lies where the file's folder belongs."""
    (tmp_path / "taken").write_text("")
    with pytest.raises(NoRoom, match="taken"):
        write_flow(tmp_path / "taken" / "rows.jsonl", plan_batches(file), ordered(tmp_path / "log"), HERE)


def test_articles_that_change_under_way_are_noticed(file: RowsFile[Article]) -> None:
    """A batch is what it was when the file was divided, or is refused."""
    plan = plan_batches(file)
    write_rows(file.path, numbered(250)[::-1])

    with pytest.raises(Altered, match="changed meanwhile"):
        read_article_batch(plan.path, plan.batches[0])


def test_a_damaged_line_is_found_before_any_work(file: RowsFile[Article]) -> None:
    """With its number, though it is in the last batch."""
    with file.path.open("a") as lines:
        lines.write("{}\n")
    with pytest.raises(DamagedFile, match="line 251"):
        plan_batches(file)


@given(st.lists(st.text(min_size=1), max_size=5), st.sampled_from(["\n", ""]))
def test_batches_hold_every_article_once(tmp_path_factory: pytest.TempPathFactory, texts: list[str], last: str) -> None:
    """Whatever is in the texts, line separators and a missing last line end too."""
    path = tmp_path_factory.mktemp("batches") / "articles.jsonl"
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    articles = [made.article(f"a{number}", text) for number, text in enumerate(texts)]
    write_rows(path, articles)
    path.write_bytes(path.read_bytes().removesuffix(b"\n") + (last.encode() if articles else b""))

    plan = plan_batches(RowsFile(path, Article, "ingest", ("id",)))

    assert [each for batch in plan.batches for each in read_article_batch(path, batch)] == articles
    assert plan.articles == len(articles)
    assert plan.sorted


def _stop_under_way(command: list[str], folder: Path, sign: signal.Signals) -> int:
    """Start a command, send it a signal when a first part is finished, and return how it ended."""
    known = len([*folder.glob(".*.parts-*/*.part")])
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
        while child.poll() is None and len([*folder.glob(".*.parts-*/*.part")]) == known:
            time.sleep(0.005)
        child.send_signal(sign)
    return child.returncode


def test_killed_suggestions_are_taken_up_again(tmp_path: Path) -> None:
    """`suggest` is stopped by Ctrl-C, then killed: former suggestions are whole; the third run gives what one gives."""
    project = load_project(workspace=tmp_path / "w")
    texts = ("Oman met Chad on Monday, and the Foreign Minister of Peru, Ana Lim, left. " * 20, "Oslo")
    project.workspace.articles.write(made.article(f"a{number:04}", texts[number % 2]) for number in range(1500))
    suggestions = project.workspace.suggestions.path
    suggestions.write_bytes(b"")
    command = [sys.executable, "-m", "labeling", "--workspace", str(project.workspace.root), "suggest", "--json"]

    assert _stop_under_way(command, project.workspace.root, signal.SIGINT) == 130
    assert _stop_under_way(command, project.workspace.root, signal.SIGKILL) == -signal.SIGKILL
    assert suggestions.read_bytes() == b""
    kept = len([*project.workspace.root.glob(".suggestions.jsonl.parts-*/*.part")])
    done = subprocess.run(command, check=True, capture_output=True, text=True)

    assert 1 < kept < 15
    assert json.loads(done.stdout)["articles"] == 1500
    rows = list(project.workspace.suggestions.rows())
    assert [row.article for row in rows] == [f"a{number:04}" for number in range(1500)]
    assert {(row.annotator, row.spans) for row in rows[::2]} == {("model:rules", rows[0].spans)}
    assert sum(json.loads(done.stdout)["spans"]["model:rules"].values()) == sum(len(row.spans) for row in rows)
    assert not [*project.workspace.root.glob(".suggestions.jsonl*")]
    assert "%" not in done.stderr
