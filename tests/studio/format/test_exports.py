"""Exports as they come: read task by task, whatever the size of the pieces."""

from __future__ import annotations

import gzip
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from labeling.errors import UnreadableExport
from labeling.sources import json_items
from labeling.studio.format.exports import is_portable, read_export, stream_export
from labeling.studio.sync.pull_archive import read_archive

if TYPE_CHECKING:
    from pathlib import Path

TASKS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.integers(0, 2**63 - 1),
            "data": st.dictionaries(st.text(), st.text() | st.floats(allow_nan=False) | st.none()),
            "annotations": st.lists(st.text()),
        }
    )
)


@example([{"id": 0, "data": {}, "annotations": []}], 1, 1)  # a piece that is nothing but a line's end
@given(TASKS, st.integers(1, 50), st.sampled_from([None, 1]))
def test_a_streamed_export_equals_one_read_whole(tasks: list[Any], chunk: int, indent: int | None) -> None:
    """The same tasks in the same order, with pieces of any size, on one line or on many."""
    text = json.dumps(tasks, indent=indent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_items, "_CHUNK_CHARACTERS", chunk)
        assert list(stream_export(io.StringIO(text), "here")) == read_export(text.encode(), "here") == tasks


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "not JSON"),
        ("{}", "one object"),
        ("[1]", "item 1 is one number"),
        ('[{"id": 1}]', "has no 'data'"),
        ('[{"id": 1, "data": {}, "annotations": []}', "not JSON"),
        ('[{"id": 1, "data": {}, "anno', "not JSON"),
        ('"text"', "one string"),
    ],
)
def test_a_streamed_file_that_is_not_an_export_is_refused(content: str, reason: str) -> None:
    """With the reason, as when it is read as a whole."""
    with pytest.raises(UnreadableExport, match=reason):
        list(stream_export(io.StringIO(content), "here"))


@pytest.mark.parametrize("damage", ["cut", "no gzip", "no UTF-8", "gone"])
def test_a_damaged_kept_answer_is_refused(tmp_path: Path, damage: str) -> None:
    """Cut off, another kind of file, another encoding, or not there."""
    path = tmp_path / "2026-11-22T120000.000000Z.json.gz"
    sound = gzip.compress(json.dumps([{"id": 1, "data": {}, "annotations": []}] * 99).encode())
    content = {"cut": sound[: len(sound) // 2], "no gzip": b"[]", "no UTF-8": gzip.compress(b'["\xff"]')}
    if damage in content:
        path.write_bytes(content[damage])
    with pytest.raises(UnreadableExport):
        list(read_archive(path))


@example("\ud800", 0.0)
@example("", float("inf"))
@example("", float("-inf"))
@example("", float("nan"))
@given(st.text(st.characters(exclude_categories=[])), st.floats())
def test_a_portable_answer_can_be_written_to_files(text: str, number: float) -> None:
    """Whatever a server sends, escaped or not: what is let through without a closer look, a file can carry."""
    for escaped in (True, False):
        sent = json.dumps([text, number], ensure_ascii=escaped).encode("utf-8", "surrogatepass")
        if is_portable(sent):
            json.dumps(json.loads(sent), ensure_ascii=False, allow_nan=False).encode("utf-8")


@pytest.mark.parametrize("sent", ["[1e999]", "[1E+999]", f"[{'9' * 400}.0]", "[-Infinity]", r'["\uDBFF"]'])
def test_lone_surrogates_and_infinite_numbers_are_not_portable(sent: str) -> None:
    """Numbers beyond every float, and halves of characters."""
    assert not is_portable(sent.encode())


def test_an_ordinary_answer_is_portable() -> None:
    """With emoji, ordinary escapes and numbers."""
    assert is_portable('[{"text": "Hi 😀 \\n \\u00e9", "x": 1.5e-07, "y": 12345678901234567890}]'.encode())
