"""``decided.html``: each reader's part, with nothing in it that a page would take for more than words."""

from __future__ import annotations

import made

from labeling.studio.cards.told_decisions import ToldDecision
from labeling.studio.sync.tell_readers import render_decided

HOSTILE = '</li><script>alert("x")</script>\u202e&'


def test_nothing_breaks_out_of_the_page() -> None:
    """Names, titles, words and addresses are escaped, and each runs in its own direction."""
    told = ToldDecision(HOSTILE, "a@x", "a", HOSTILE, HOSTILE, HOSTILE, HOSTILE, "2026-11-23T12:00:00Z")
    page = render_decided([told], {"a": made.article("a", "x", title=HOSTILE)}, {"a": f"http://x/?a=1{HOSTILE}"})
    assert "<script" not in page
    assert page.count("</li>") == 1
    assert page.count("<bdi>&lt;/li&gt;&lt;script&gt;") == 4
    assert "&quot;x&quot;" in page


def test_each_reader_has_a_part() -> None:
    """The latest first; of an article without a title its id stands there, of one without a task no link."""
    rows = [
        ToldDecision(who, "", "a", "", f"said {at}", "nothing", "", f"2026-11-{at}T12:00:00Z")
        for who, at in (("ben", 21), ("ana", 22), ("ana", 23))
    ]
    page = render_decided(rows, {"a": made.article("a", "x")}, {})
    places = [page.index(part) for part in ("<h2>ana</h2>", "said 23", "said 22", "<h2>ben</h2>", "said 21")]
    assert places == sorted(places)
    assert (page.count("<bdi>a</bdi>"), page.count("href")) == (3, 0)
