"""Exports that were corrupted at random, as `make faults` plays many more: nothing is ever elsewhere in silence."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from faulty.export_checks import play_exports
from faulty.exports import EXPORT_FORMATS, write_export
from faulty.stories import make_story

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("kind", EXPORT_FORMATS)
def test_no_span_of_a_corrupted_export_is_elsewhere_in_silence(kind: str) -> None:
    """Three hundred of each: fields renamed, swapped, of another type, offsets recounted, rows gone, ends cut off."""
    happened, broken = play_exports(kind, 300)

    assert broken == []
    # It would prove nothing if all of them had been refused, or none.
    assert happened["in place"] > 100
    assert happened["listed"] > 50


def test_the_stories_hold_what_shifts_offsets() -> None:
    """Emoji, CRLF, a byte order mark, combining marks, right-to-left: each in many of them, and each word once."""
    chance = random.Random(1)  # noqa: S311 - repeatable on purpose
    texts = [make_story(chance).text for _ in range(200)]

    for sign in ("\U0001f600", "\r\n", "\ufeff", "\u0301", "\u0628", "\u05d1"):
        assert sum(sign in text for text in texts) > 20, hex(ord(sign[0]))
    assert all(len(words) == len({*words}) for words in ([w for w in text.split() if w.isalpha()] for text in texts))


def test_a_span_elsewhere_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checks can fail: without the countings, spans are elsewhere, and it is said of each."""
    from labeling.imports import merge
    from labeling.imports.choose_counting import CountingChoice

    monkeypatch.setattr(merge, "choose_counting", lambda *_, **__: CountingChoice())
    _, broken = play_exports("doccano", 50)

    assert [fault for fault in broken if "in another place" in fault]
    assert write_export("brat", tmp_path, "a", random.Random(1)).path.exists()  # noqa: S311 - the same
