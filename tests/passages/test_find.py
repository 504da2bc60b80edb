"""What articles share: the guarantee, boilerplate, stories and leak groups, on made and on real articles."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import made
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.errors import PassagesTooLarge
from labeling.project import PassageRules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from labeling.articles import Article
    from labeling.passages.find import FoundPassages
    from labeling.workspace.rows.passage import Passage

    Finder = Callable[..., FoundPassages]

CORPORA = Path(__file__).parents[2] / "../shared/corpora"
REAL = Path(__file__).parents[2] / "../shared/articles"
here = pytest.mark.skipif(not CORPORA.exists(), reason="the shared corpora are not here")


def article(name: str, text: str, source: str = "", published: str = "") -> Article:
    """An article of that text."""
    return made.article(name, text, source=source, published=published)


def own(name: str, count: int) -> str:
    """Words that only one article has."""
    return " ".join(f"{name}{n}" for n in range(count))


def together(found: FoundPassages, what: str) -> list[list[str]]:
    """The stories or leak groups of two articles and more."""
    members: defaultdict[str, list[str]] = defaultdict(list)
    for row in found.clusters:
        members[getattr(row, what)].append(row.article)
    return sorted(names for names in members.values() if len(names) > 1)


def printed(passage: Passage, articles: Iterable[Article]) -> list[tuple[str, str]]:
    """The places of a passage, and what is printed there."""
    texts = {each.id: each.text for each in articles}
    return [(place.article, texts[place.article][place.start : place.end]) for place in passage.places]


def read(name: str, source: str = "") -> list[Article]:
    """A corpus of JSON lines, each article with the source given or its own."""
    lines = (CORPORA / name).read_text(encoding="utf-8").splitlines()
    rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return [article(row["title"], row["text"], row.get("source", source)) for row in rows]


# Articles made of pieces of each other, so that runs of every length are shared.
PIECES = st.lists(st.lists(st.sampled_from("abcde"), min_size=3, max_size=9).map(" ".join), min_size=1, max_size=4)
CORPUS = st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=5), min_size=2, max_size=8)


@settings(max_examples=60, deadline=None)
@given(PIECES, CORPUS, st.integers(6, 12))
def test_leak_groups_equal_those_of_comparing_every_run(
    find_in: Finder, pieces: list[str], corpus: list[list[int]], words: int
) -> None:
    """The guarantee: groups are those of comparing every run of N words with every other, and every whole text."""
    texts = [
        " ".join(f"{pieces[n % len(pieces)]} {own(f'x{i}y{k}z', 1)}" for k, n in enumerate(order))
        for i, order in enumerate(corpus)
    ]
    runs = [{tuple(text.split()[n : n + words]) for n in range(len(text.split()) - words + 1)} for text in texts]
    group = {n: {n} for n in range(len(texts))}
    for one, other in combinations(range(len(texts)), 2):
        if runs[one] & runs[other] or texts[one] == texts[other]:
            both = group[one] | group[other]
            group.update(dict.fromkeys(both, both))
    found = find_in([article(f"a{n}", text) for n, text in enumerate(texts)], PassageRules(words=words))

    assert {row.article: row.leak_group for row in found.clusters} == {
        f"a{n}": min(f"a{member}" for member in members) for n, members in group.items()
    }


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(8)), st.integers(1, 3))
def test_result_does_not_depend_on_order_and_buckets(find_in: Finder, order: list[int], buckets: int) -> None:
    """In any order, cut into any number of parts, the passages and clusters are the same."""
    shared = [own("s", 30), own("t", 14), own("u", 20)]
    articles = [
        article(f"a{n}", f"{own(f'x{n}y', n)} {shared[n % 3]} {own(f'z{n}y', 9)} {shared[n % 2]}") for n in range(8)
    ]

    assert find_in([articles[n] for n in order], buckets=buckets) == find_in(articles)


def test_first_place_of_a_passage_is_in_the_fullest_article(find_in: Finder) -> None:
    """One row for a passage of three articles, the fullest first; offsets are code points, also after an emoji."""
    shared = "the two ministers agreed to meet again in the spring of next year in Malé"
    articles = [
        article("a", f"🙂 {own('a', 3)} {shared}."),
        article("b", f"{own('b', 30)} 🙂🙂 {shared.upper()}, said {own('c', 4)}"),
        article("c", f"{shared.replace('é', 'e')} {own('d', 5)}"),
        article("d", own("e", 40)),
    ]
    (passage,) = find_in(articles).passages

    assert (passage.kind, passage.words) == ("reprint", 15)
    assert printed(passage, articles) == [("b", shared.upper()), ("a", shared), ("c", shared.replace("é", "e"))]


def test_names_are_stable_when_articles_arrive(find_in: Finder) -> None:
    """A passage, a story and a leak group keep their names when articles that share nothing with them come."""
    articles = [article("m", f"{own('s', 30)} m"), article("n", f"{own('s', 30)} n n2")]
    before = find_in(articles)
    after = find_in([article("a", f"{own('t', 30)} a"), article("b", f"{own('t', 30)} b"), *articles])

    assert set(before.passages) < set(after.passages)
    assert set(before.clusters) < set(after.clusters)
    assert [(row.story, row.leak_group, row.lead) for row in before.clusters] == [("n", "m", False), ("n", "m", True)]


def test_story_does_not_depend_on_the_rest_of_the_leak_group(find_in: Finder) -> None:
    """Two reports that share four words in five are one story, alone and among others with the same first words."""
    shared = [own("s", 12), *(own(f"t{n}x", 4) for n in range(40))]
    pair = [article(name, " ".join(f"{part} {name}{n}" for n, part in enumerate(shared))) for name in ("a", "bb")]
    others = [article(f"o{n}", f"{shared[0]} {own(f'o{n}y', 100)}") for n in range(12)]

    assert together(find_in(pair), "story") == [["a", "bb"]]
    assert together(find_in([*pair, *others]), "story") == [["a", "bb"]]
    assert together(find_in([*pair, *others]), "leak_group") == [["a", "bb", *sorted(each.id for each in others)]]


def test_boilerplate_of_one_source_joins_nothing(find_in: Finder) -> None:
    """A paragraph on five days of one source is boilerplate, also in another source, and is counted as such."""
    footer = own("f", 20)
    articles = [article(f"a{day}", f"{own(f'x{day}y', 30)} {footer}", "A", f"2024-01-0{day}") for day in range(1, 6)]
    articles.append(article("b", f"{own('z', 50)} {footer}", "B", "2024-01-03"))
    found = find_in(articles)

    assert together(found, "leak_group") == []
    assert [(passage.kind, passage.words, len(passage.places)) for passage in found.passages] == [
        ("boilerplate", 20, 6)
    ]
    assert {text for _, text in printed(found.passages[0], articles)} == {footer}
    assert together(find_in(articles, PassageRules(boilerplate_dates=6)), "leak_group") == [
        [each.id for each in articles]
    ]


def test_runs_next_to_boilerplate_join(find_in: Finder) -> None:
    """Twelve words before the footer join two articles, eleven do not: boilerplate cuts runs."""
    footer = own("f", 20)
    articles = [article(f"a{day}", f"{own(f'x{day}y', 30)} {footer}", "A", f"2024-01-0{day}") for day in range(1, 6)]
    eleven, twelve = own("e", 11), own("t", 12)
    articles += [
        article(f"b{day}", f"{own(f'v{day}y', 30)} {eleven} {footer}", "A", f"2024-02-0{day}") for day in (1, 2)
    ]
    articles += [
        article(f"c{day}", f"{own(f'w{day}y', 30)} {twelve} {footer}", "A", f"2024-03-0{day}") for day in (1, 2)
    ]
    found = find_in(articles)

    assert together(found, "leak_group") == [["c1", "c2"]]
    assert [(each.kind, each.words) for each in found.passages if each.kind == "reprint"] == [("reprint", 12)]


def test_declared_boilerplate_joins_nothing(find_in: Finder) -> None:
    """A phrase of the project file, shorter than a passage, is looked up by its words, cuts runs and is counted."""
    tag = "(This story has not been edited by our staff)"
    lead = own("s", 9)
    articles = [article(name, f"{own(name, 20)} {lead} {tag.upper()} {own(f'z{name}', 3)}") for name in "abc"]
    found = find_in(articles, PassageRules(boilerplate=(tag, " ")))

    assert together(find_in(articles), "leak_group") == [["a", "b", "c"]]
    assert together(found, "leak_group") == []
    assert [(each.kind, each.words) for each in found.passages] == [("boilerplate", 9)]
    assert printed(found.passages[0], articles) == [(name, tag.upper()[1:-1]) for name in "abc"]


def test_identical_texts_are_always_joined(find_in: Finder) -> None:
    """The same words are one story and one leak group, however short, and even when all of them are boilerplate."""
    short = [article("a", "Talks fail."), article("b", "TALKS FAIL"), article("c", "👍"), article("d", "👍")]
    notice = [article(f"n{day}", own("n", 20), "A", f"2024-01-0{day}") for day in range(1, 7)]
    found = find_in([*short, *notice])

    assert together(found, "story") == [["a", "b"], ["c", "d"], [each.id for each in notice]]
    assert together(found, "leak_group") == together(found, "story")


def test_footer_of_undated_articles_joins_all_in_linear_size(find_in: Finder) -> None:
    """Without dates a footer looks like a reprint: it joins a thousand articles in as many rows, and makes no story."""
    footer = own("f", 15)
    found = find_in([article(f"a{n:04}", f"{own(f'x{n}y', 40)} {footer}") for n in range(1000)])

    assert [len(passage.places) for passage in found.passages] == [1000]
    assert [len(names) for names in together(found, "leak_group")] == [1000]
    assert together(found, "story") == []


def test_too_large_is_refused_before_it_is_read(find_in: Finder) -> None:
    """What needs more memory than the project allows is refused, with both ways out."""
    with pytest.raises(PassagesTooLarge, match="would take about 450 MB, and the project allows 1 MB") as refusal:
        find_in([article("a", "b")], PassageRules(memory=1))

    assert "raise memory under [passages]" in refusal.value.todo
    assert "Ray" in refusal.value.todo


def test_too_much_in_common_is_refused_before_it_is_written_out(find_in: Finder) -> None:
    """Articles that share nearly everything take more memory than their length suggests, and are refused, too."""
    copies = [article(f"a{n}", f"{own('s', 4000)} {n}") for n in range(900)]
    others = [article(f"a{n}", own(f"x{n}y", 2600)) for n in range(900)]

    # By their length alone they may be read: 450 MB, and 5 bytes a character. What they share is another matter.
    assert 450e6 + 5 * sum(len(each.text) for each in copies) < 650e6
    with pytest.raises(PassagesTooLarge, match=r"about 1,1\d\d MB, and the project allows 650 MB"):
        find_in(copies, PassageRules(memory=650))
    assert find_in(others, PassageRules(memory=650)).passages == ()


@pytest.mark.skipif(not REAL.exists(), reason="the two real articles are not here")
def test_the_two_real_articles_are_one_story(find_in: Finder) -> None:
    """One press release in two outlets: four passages, one story, led by the fuller one."""
    files = sorted(REAL.glob("*.txt"))
    articles = [article(path.stem, path.read_text(encoding="utf-8"), path.stem[:3]) for path in files]
    found = find_in(articles)

    assert together(found, "story") == [[each.id for each in articles]]
    assert [row.lead for row in found.clusters] == [True, False]
    assert sorted(passage.words for passage in found.passages) == [16, 40, 48, 101]


@here
@pytest.mark.parametrize("source", ["", "one site"])
def test_near_duplicates_are_ten_stories(find_in: Finder, source: str) -> None:
    """The ten known pairs and no others, though the other texts hold pieces of each other; with or without a source."""
    folder = CORPORA / "near_duplicates/parkr_ndd/ndd"
    files = sorted((folder / "test").glob("*.txt"))
    known = [
        line.split()[:3:2] for line in (folder / "sample_output.txt").read_text().splitlines() if "are near-dup" in line
    ]
    found = find_in([article(path.name, path.read_text(encoding="utf-8", errors="replace"), source) for path in files])

    assert len(known) == 10
    assert together(found, "story") == sorted(known)


@here
def test_daily_releases_are_different_stories_in_one_leak_group(find_in: Finder) -> None:
    """CENTCOM's releases of 9, 10 and 11 January share three quarters of their words and report three days."""
    found = find_in(read("re3d/centcom.jsonl"))
    title = "January {}: Military airstrikes continue against ISIL terrorists in Syria and Iraq"

    assert together(found, "leak_group") == [[title.format(day) for day in (10, 11, 9)]]
    assert together(found, "story") == []


@here
def test_different_news_shares_no_passage(find_in: Finder) -> None:
    """Twenty-two Wikinews articles share no run of twelve words; two government releases share one sentence."""
    assert find_in(read("gum_news/news.jsonl")).passages == ()
    (passage,) = find_in(read("re3d/uk_government.jsonl")).passages
    assert (passage.words, len(passage.places)) == (15, 2)
