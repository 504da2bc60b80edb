"""Foreign files made to break or to stall a reader: what has no place is listed, and the rest goes on."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.articles import Reject, SourceRow
from labeling.imports.brat import parse_brat
from labeling.imports.column_lines import ends_in_a_tag
from labeling.imports.conll import read_conll
from labeling.imports.import_annotations import import_annotations
from labeling.imports.merge import ImportOptions
from labeling.imports.offsets import article_text, make_offset_map
from labeling.imports.prodigy import read_prodigy
from labeling.imports.record import ImportRecord
from labeling.project import load_project

if TYPE_CHECKING:
    from pathlib import Path

LONG = 1_000_000


@pytest.mark.parametrize(
    "line",
    [
        "E1\tA:T1" + (" " + "a:" * 30 + "a") * 30 + "\tx",
        "R1\tA " + "a:" * 3_000 + "a " + "a:" * 3_000 + "a x",
        "A1\tx T1 b" + " " * LONG + "\0\n",
        "A1\tx T1" + " " * LONG,
        "T1\tA " + "0 1;" * LONG + "x",
        "T1\tA 0 " + "9" * 5_000 + "\tx",
        "*\tE" + " T1" * (LONG // 3) + "\tx",
        "#1\t" + "a" * LONG,
    ],
)
def test_a_line_of_brat_is_matched_in_one_way(line: str) -> None:
    """The forms of before tried ever more ways to share out colons and blanks; figures are of a length."""
    assert isinstance(parse_brat(SourceRow(where="w", id="a", text="Text."), line), ImportRecord)


@pytest.mark.parametrize(
    "fields",
    [
        {"_timestamp": 1e300},
        {"_timestamp": float("nan")},
        {"_timestamp": -(10**15)},
        {"options": [{"id": [1], "text": "x"}]},
        {"options": [{"id": {}}], "accept": [1]},
        {"spans": [{"start": 10**400, "end": 1, "label": "A"}]},
        {"accept": [[["x"]]]},
    ],
)
def test_absurd_values_are_listed(fields: dict[str, object], tmp_path: Path) -> None:
    """An instant in no calendar, an option whose number is a list: a record all the same."""
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"id": "a", "text": "Text.", **fields}), encoding="utf-8")

    assert [type(item) for item in read_prodigy(path, "a")] == [ImportRecord]


def test_deep_nesting_is_refused_and_the_rest_is_read(tmp_path: Path) -> None:
    """What is quarantined is written as it came, and no writer goes so deep."""
    path = tmp_path / "a.jsonl"
    deep = '{"text": "One.", "relations": ' + "[" * 500 + "]" * 500 + "}"
    path.write_text(f'{deep}\n{"[" * 100_000}\n{{"text": "Two."}}\n', encoding="utf-8")

    assert [type(item) for item in read_prodigy(path, "a")] == [Reject, Reject, ImportRecord]


def test_a_pipe_a_link_and_a_folder_are_refused_by_name(tmp_path: Path) -> None:
    """Beside a good file, which is read; brat's text may be a pipe as well."""
    wire = tmp_path / "wire"
    wire.mkdir()
    (wire / "good.ann").write_text("T1\tPER 0 4\tAnna\n", encoding="utf-8")
    (wire / "good.txt").write_text("Anna met.", encoding="utf-8")
    (wire / "link.ann").symlink_to(wire / "good.ann")
    (wire / "link.txt").write_text("Anna met.", encoding="utf-8")
    (wire / "pipe.ann").write_text("T1\tPER 0 4\tAnna\n", encoding="utf-8")
    os.mkfifo(wire / "pipe.txt")
    (wire / "folder.ann").write_text("T1\tPER 0 4\tAnna\n", encoding="utf-8")
    (wire / "folder.txt").mkdir()
    project = load_project(workspace=tmp_path / "workspace")

    result = import_annotations(project, "brat", [str(wire)], ImportOptions(annotator="anna", max_characters=20_000))

    assert (result.new, result.rejected) == (1, {"unreadable": 3})


@pytest.mark.parametrize("text", ["", "a\r\nb\r\r\n\nc", "\ufeff\ufeffa\r\n", "\r\n\r\n", "\n\r"])
def test_offsets_count_the_characters_before_them(text: str) -> None:
    """As many as the article's text has of them."""
    place = make_offset_map(text, "code-points")

    assert [place(at) for at in range(len(text) + 1)] == [len(article_text(text[:at])) for at in range(len(text) + 1)]


@pytest.mark.parametrize(
    "line",
    [
        "#begin document" + " " * 20_000 + "x;y",
        "#begin document (a); part " + "9" * 5_000,
        "-DOCSTART- " + "(" * LONG,
        'a", "b' + ", a" * 5_000 + ";",
        "Oslo\t" + "(aa)" * 5_000 + "(",
        "Oslo\t" + ",-b" * (LONG // 3) + "x",
    ],
)
def test_a_line_of_columns_is_matched_in_one_way(line: str, tmp_path: Path) -> None:
    """Blanks and brackets that could be shared out in many ways took hours; a part's figures became a number."""
    path = tmp_path / "a.conll"
    path.write_text(f"{line}\nAnna\tB-PERSON\nmet\tO\nBen\tB-PERSON\n\n{line}\n", encoding="utf-8")

    assert list(read_conll(path, "a", lambda _: None))


@given(st.text(alphabet="aBO-_,;| \t\"'", max_size=12))
def test_the_tag_at_the_end_of_a_line_is_what_the_plain_expression_finds(line: str) -> None:
    """The plain expression is short, and takes the square of a line's length."""
    plain = r"""[\s,;|](?:[BIESLUMWO]|[BIESLUMW][-_]\S+|\S+[-_][BIESLUMW])["']?\s*$"""

    assert ends_in_a_tag(line) == bool(re.search(plain, line))
