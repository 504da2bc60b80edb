"""The simulation of the loop: what a reader submits, what it costs, reprints, and courses through sample articles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import simulate_learning
from click.testing import CliRunner
from simulate_learning import simulate_pool, write_savings
from simulated.arms import ARMS
from simulated.correcting import CorrectingReader
from simulated.course import Course, ErringReader, Milestone, find_goal
from simulated.pools import make_pool
from simulated.readers import SimulatedReader
from simulated.reprinting import mix_reprints

from labeling.annotations import Annotation, Span
from labeling.articles import Article
from labeling.project import load_project
from labeling.samples.sample_data import articles_folder, load_sample_annotations
from labeling.sources.ingest import ingest
from labeling.values import digest_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulate_learning import CourseResult
    from simulated.pools import Pool

CORPORA = Path("../shared/corpora/crossner_politics")
TEXT = "Oslo met Chad. Oslo and Chad said that Chad paid."


def truth_of(text: str, *places: tuple[int, int, str]) -> tuple[Article, Annotation]:
    """An article with these spans."""
    article = Article(id="a", text=text, digest=digest_of(text))
    spans = tuple(Span(id=f"s{n}", start=start, end=end, label=label) for n, (start, end, label) in enumerate(places))
    return article, Annotation(article="a", digest=article.digest, annotator="truth", spans=spans)


OSLO, CHAD, LATER = (0, 4, "PLACE"), (9, 13, "PLACE"), (24, 28, "PLACE")
THIRD, PAID = (39, 43, "PLACE"), (44, 48, "PLACE")


def read(
    offered: Sequence[tuple[int, int, str]], *truth: tuple[int, int, str], accepts: float = 0.0, mentions: bool = False
) -> tuple[set[tuple[int, int, str]], int, dict[str, int]]:
    """What a reader without slips submits, what it costs, and each kind of action."""
    person = CorrectingReader(SimulatedReader("ana", 0.0, 1, ("PLACE", "OTHER")), accepts, mentions)
    places, counts = person.work(*truth_of(TEXT, *truth), offered)
    return places, counts.weight, {name: number for name, number in counts.model_dump().items() if number}


def test_reader_pays_for_what_is_changed() -> None:
    """A suggestion kept costs nothing; one mended, one removed and one drawn cost two each."""
    offered = [OSLO, (9, 13, "OTHER"), PAID]

    assert read(offered, OSLO, CHAD, LATER) == (
        {OSLO, CHAD, LATER},
        6,
        {"spans_kept": 1, "spans_mended": 1, "spans_removed": 1, "spans_added": 1},
    )


def test_reader_who_accepts_everything_submits_what_was_offered() -> None:
    """Wrong ones stay, what they stand on is not drawn, and what nothing stands on is."""
    places, weight, _ = read([(9, 13, "OTHER"), PAID], OSLO, CHAD, accepts=1.0)

    assert (places, weight) == ({OSLO, (9, 13, "OTHER"), PAID}, 2)


def test_mentions_cost_nothing_where_they_are_right() -> None:
    """`Chad` is drawn once for three places, and where it is no place it is removed."""
    assert read([], CHAD, LATER, THIRD, mentions=True)[:2] == ({CHAD, LATER, THIRD}, 2)
    assert read([], CHAD, LATER, mentions=True)[1:] == (4, {"spans_added": 1, "spans_kept": 1, "spans_removed": 1})


def test_reprint_has_the_spans_of_its_words() -> None:
    """A span of a reprint stands on the words that its original has there, though words were left out before it."""
    known = [
        truth_of(
            " ".join([TEXT] * 8), *((50 * n + s, 50 * n + e, label) for n in range(8) for s, e, label in [OSLO, CHAD])
        )
    ]
    copies = [mix_reprints(known, 0.5, seed)[1] for seed in range(20)]

    assert len({article.text for article, _ in copies}) == 20
    for article, truth in copies:
        words = {article.text[span.start : span.end] for span in truth.spans}
        assert words == {"Oslo", "Chad"}
        assert 0 < len(truth.spans) <= 16
    assert min(len(truth.spans) for _, truth in copies) < 16


def test_aim_is_reached_when_it_is_kept() -> None:
    """Once is chance; between two rounds, in proportion; never, where the last round alone is below."""
    course = [Milestone(1, 100, 0.4), Milestone(2, 200, 0.6), Milestone(3, 300, 0.45), Milestone(4, 400, 0.55)]

    assert find_goal([*course[:2], Milestone(3, 300, 0.6)], 0.51) == pytest.approx((1.5, 150))
    assert find_goal(course, 0.51) == pytest.approx((3.5, 350))
    assert find_goal(course, 0.66) is None


def test_simulation_runs_on_published_corpora(tmp_path: Path) -> None:
    """The quick one: both corpora with reprints, both readers, three ways; what is kept is what is printed."""
    if not CORPORA.is_dir():
        pytest.skip(f"{CORPORA} is not there")
    kept = tmp_path / "courses.jsonl"
    first = CliRunner().invoke(simulate_learning.main, ["--quick", "--out", str(kept)], catch_exceptions=False)
    courses = kept.read_text(encoding="utf-8")

    assert first.output.count("| ours, all parts |") == 2
    assert len(courses.splitlines()) == 12
    results = simulate_learning.read_course_results(kept)
    assert [*simulate_learning.write_savings(results)] == first.output.splitlines()


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    """The sample articles and their reprints, six articles apart as a test set."""
    project = load_project(workspace=tmp_path_factory.mktemp("samples"))
    ingest(project, [str(articles_folder())])
    articles = project.workspace.articles.by("id")
    own = [one for one in load_sample_annotations() if one.annotator == "ana" and one.state == "submitted"]
    known = [(articles[one.article], one) for one in own]
    return make_pool("samples", known, {article.id for article, _ in known[::4]}, 0.3)


@pytest.fixture(scope="module")
def results(pool: Pool) -> list[CourseResult]:
    """Three arms, by a reader who errs and by one who does not."""
    return [*simulate_pool(pool, 1, quick=True)]


def test_pool_shares_nothing_with_test(pool: Pool) -> None:
    """What is left of it, with reprints that lie in the stories of what they reprint."""
    reprints = [name for name in pool.open if name.endswith("-reprint")]

    assert not {*pool.open} & {*pool.test}
    assert 0.25 < len(reprints) / len(pool.open) < 0.35
    together = [pool.clusters[name].story == pool.clusters[name.removesuffix("-reprint")].story for name in reprints]
    assert sum(together) >= 0.8 * len(reprints)


def test_everything_by_hand_costs_two_a_span(pool: Pool, results: list[CourseResult]) -> None:
    """Without slips; with suggestions the same articles cost less."""
    by_arm = {each.arm: each for each in results if not each.errs}
    spans = sum(len(pool.places(name)) for name in pool.open)

    assert by_arm["random, by hand"].full == 2 * spans
    assert by_arm["suggestions alone"].milestones[-1].actions < 2 * spans
    assert all(each.actions_share <= 1 and each.articles_share <= 1 for each in by_arm.values())


def test_courses_are_the_same_each_time(pool: Pool) -> None:
    """Order, slips and training are drawn by seed alone."""
    ours = next(arm for arm in ARMS if arm.name == "ours, all parts")
    courses = [Course(pool, ours, ErringReader(0.05, 0.1, seed), None, (0.3, 1.0)).run() for seed in (1, 1, 2)]

    assert courses[0] == courses[1] != courses[2]


def test_savings_name_each_way_and_reader(results: list[CourseResult]) -> None:
    """A table for each pool, a line for each arm, a column for each reader."""
    lines = [*write_savings(results)]

    assert sum(line.startswith("**samples.**") for line in lines) == 1
    assert [line.count("|") for line in lines if line.startswith("| ours, all parts |")] == [6]


def test_reprints_come_with_the_same_seed_alike() -> None:
    """The same words less, whoever asks."""
    known = [truth_of(TEXT, OSLO, CHAD)]

    assert mix_reprints(known, 0.5, 3) == mix_reprints(known, 0.5, 3)
