"""The words around a stretch: as they are, with an ellipsis where the text goes on."""

from __future__ import annotations

import pytest

from labeling.report.surroundings import CONTEXT, quote_after, quote_before


@pytest.mark.parametrize(
    ("text", "before"), [("", ""), ("a" * CONTEXT, "a" * CONTEXT), ("b" + "a" * CONTEXT, "…" + "a" * CONTEXT)]
)
def test_an_ellipsis_says_that_there_is_more(text: str, before: str) -> None:
    """At both ends, and only there."""
    assert quote_before(text + "here", len(text)) == before
    assert quote_after("here" + text[::-1], 4) == before[::-1]
