"""The random stream: drawn by leak group and hash, near its shares, and unmoved by what is annotated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.project import LearningSection
from labeling.splits.random_stream import draw_rows, draw_stream
from labeling.workspace.rows.stream_row import StreamPlace, StreamRow

HALF = LearningSection(stream=0.5, unassisted=0.5)

# `printf 1:stream:a | sha256sum` begins with 14a3ba7f3991c, a fraction of 0.08; b has 0.24, c 0.75, d 0.86 and e 0.30.
# `printf 1:unassisted:a | sha256sum` begins with dc30744af1072, 0.86; b has 0.36, and e 0.87.
PLACES = {
    "a": StreamPlace(drawn=True, assisted=True),
    "b": StreamPlace(drawn=True, assisted=False),
    "c": StreamPlace(drawn=False, assisted=True),
    "d": StreamPlace(drawn=False, assisted=True),
    "e": StreamPlace(drawn=True, assisted=True),
}

# Which leak group each of up to 16 articles is in, by its least article, as `cluster` names it.
groupings = st.lists(st.integers(0, 7), min_size=1, max_size=16).map(
    lambda numbers: {f"a{n:02}": f"a{numbers.index(number):02}" for n, number in enumerate(numbers)}
)
sections = st.builds(
    LearningSection,
    stream=st.floats(0, 1, exclude_min=True),
    unassisted=st.floats(0, 1),
    seed=st.text(max_size=3),
)


def grow(groups: dict[str, str], joined: list[tuple[int, int]]) -> dict[str, str]:
    """The groups after pairs of articles, by number, were found to share text; the least id names each."""
    names = sorted(groups)
    for one, other in joined:
        pair = {groups[names[one % len(names)]], groups[names[other % len(names)]]}
        groups = {article: min(pair) if group in pair else group for article, group in groups.items()}
    return groups


def test_draw_is_by_the_stated_digests() -> None:
    """The first 13 figures of the digests, from another program, are the fractions above; c and d are the model's."""
    groups = {name: name for name in "abcde"}

    assert draw_stream(groups, HALF) == PLACES


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_large_streams_keep_their_shares(share: float) -> None:
    """Of 20,000 leak groups the stream has its share, and a quarter of it is read without suggestions."""
    groups = {f"a{n}": f"a{n}" for n in range(20_000)}

    places = draw_stream(groups, LearningSection(stream=share, unassisted=0.25)).values()

    drawn = [place for place in places if place.drawn]
    assert len(drawn) / 20_000 == pytest.approx(share, abs=0.01)
    assert sum(not place.assisted for place in drawn) / len(drawn) == pytest.approx(0.25, abs=0.03)
    assert all(place.assisted for place in places if not place.drawn)


def test_whole_stream_draws_everything() -> None:
    """A share of 1 is everything; of these nothing is assisted where all are to be read without suggestions."""
    groups = {f"a{n}": f"a{n}" for n in range(200)}

    places = draw_stream(groups, LearningSection(stream=1.0, unassisted=1.0))

    assert set(places.values()) == {StreamPlace(drawn=True, assisted=False)}


@given(groupings, sections)
def test_leak_group_has_one_place(groups: dict[str, str], section: LearningSection) -> None:
    """A leak group that nobody has read is in the stream as a whole, or not at all, whatever the order."""
    places = draw_stream(groups, section)

    for group in set(groups.values()):
        assert len({places[article] for article, own in groups.items() if own == group}) == 1
    assert draw_stream(dict(reversed(groups.items())), section) == places


@given(
    groupings, sections, sections, st.lists(st.tuples(st.integers(0, 15), st.integers(0, 15)), max_size=4), st.data()
)
def test_what_was_read_keeps_its_place(
    groups: dict[str, str],
    section: LearningSection,
    later: LearningSection,
    joined: list[tuple[int, int]],
    data: st.DataObject,
) -> None:
    """Whatever joins a group, whatever it is called then, and whatever the settings become."""
    read = data.draw(st.sets(st.sampled_from(sorted(groups))))
    before = draw_rows(groups, section)
    new = {**groups, "a-first": "a-first", "z-last": min(groups)}

    after = {row.article: row for row in draw_rows(grow(new, joined), later, before, read)}

    assert [after[row.article] for row in before if row.article in read] == [
        row for row in before if row.article in read
    ]


@given(groupings, sections, st.lists(st.tuples(st.integers(0, 15), st.integers(0, 15)), max_size=4), st.data())
def test_what_a_model_chose_never_comes_to_the_stream(
    groups: dict[str, str], section: LearningSection, joined: list[tuple[int, int]], data: st.DataObject
) -> None:
    """Nor does what was drawn lose its group's name: an article may be read while its group grows."""
    read = data.draw(st.sets(st.sampled_from(sorted(groups))))
    before = {row.article: row for row in draw_rows(groups, section)}

    for row in draw_rows(grow({**groups, "a-first": groups["a00"]}, joined), section, before.values(), read):
        if row.article in before:
            assert before[row.article].drawn or not row.drawn
            assert row.assisted or not before[row.article].assisted
            assert row.leak_group == before[row.article].leak_group


@given(groupings, sections)
def test_draw_is_idempotent(groups: dict[str, str], section: LearningSection) -> None:
    """What was drawn is drawn again, whether it was read or not."""
    rows = draw_rows(groups, section)

    assert draw_rows(groups, section, rows) == draw_rows(groups, section, rows, set(groups)) == rows


def test_renamed_group_keeps_its_draw() -> None:
    """A leak group takes the name of an older article that joins it: `e` is drawn, `d` by itself is not."""
    before = draw_rows({"e": "e"}, HALF)

    after = draw_stream({"d": "d", "e": "d"}, HALF, before)

    assert after == {"d": PLACES["e"], "e": PLACES["e"]}


def test_changed_share_draws_anew_what_nobody_has_read() -> None:
    """With a share of 1 the unread is drawn, and what a model chose, and somebody read, is not."""
    groups = {"a": "a", "b": "b"}
    before = [StreamRow(article=name, leak_group=name, drawn=False) for name in "ab"]

    after = draw_stream(groups, LearningSection(stream=1.0, unassisted=0.0), before, read={"a"})

    assert after == {"a": StreamPlace(drawn=False, assisted=True), "b": StreamPlace(drawn=True, assisted=True)}
