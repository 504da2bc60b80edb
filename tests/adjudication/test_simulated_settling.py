"""Settling where the truth is known: simulated readers who err, and an adjudicator who errs, on the sample articles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from simulate_settling import RATES, SimulatedTeam, simulate_precedents, simulate_team

from labeling.project import load_project
from labeling.samples.sample_data import articles_folder, load_sample_annotations
from labeling.sources.ingest import ingest

if TYPE_CHECKING:
    from labeling.annotations import Annotation
    from labeling.articles import Article

SEEDS = range(1, 4)


@pytest.fixture(scope="module")
def truths(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Article, Annotation]]:
    """The sample articles, with what one sample annotator says of them, as the truth."""
    project = load_project(workspace=tmp_path_factory.mktemp("samples"))
    ingest(project, [str(articles_folder())])
    articles = project.workspace.articles.by("id")
    own = [one for one in load_sample_annotations() if one.annotator == "ana" and one.state == "submitted"]
    return [(articles[one.article], one.model_copy(update={"annotator": "truth", "choices": {}})) for one in own]


@pytest.fixture(scope="module")
def few_slips(truths: list[tuple[Article, Annotation]]) -> SimulatedTeam:
    """A team with the stated rates."""
    return simulate_team(truths, 1.0, SEEDS)


@pytest.fixture(scope="module")
def many_slips(truths: list[tuple[Article, Annotation]]) -> SimulatedTeam:
    """A team that errs twice as often."""
    return simulate_team(truths, 2.0, SEEDS)


def test_agreement_falls_as_readers_err_more(few_slips: SimulatedTeam, many_slips: SimulatedTeam) -> None:
    """Of the pairs' mean F1, and of what is agreed without an adjudicator."""
    assert many_slips.f1 < few_slips.f1 < 1
    assert many_slips.agreed < few_slips.agreed < 1


def test_agreement_tells_who_reads_best(few_slips: SimulatedTeam, many_slips: SimulatedTeam) -> None:
    """The order of the readers by their agreement with the others is that of their rates."""
    assert few_slips.order == many_slips.order == sorted(RATES, key=lambda name: RATES[name])


def test_settled_gold_is_better_than_the_best_reader(few_slips: SimulatedTeam, many_slips: SimulatedTeam) -> None:
    """Although who decides errs as often as the second best; without decisions gold is worse than the best reader."""
    for team in (few_slips, many_slips):
        assert team.adjudicator < team.best
        assert team.agreed < team.best < team.settled
        assert team.conflicts > 0
        assert team.open_after == 0


def test_without_slips_there_is_nothing_to_settle(truths: list[tuple[Article, Annotation]]) -> None:
    """All say what the truth says, so nothing is asked, and gold is the truth."""
    team = simulate_team(truths, 0.0, [1])

    assert (team.f1, team.best, team.agreed, team.settled, team.conflicts) == (1, 1, 1, 1, 0)


def test_precedents_are_shown_and_agree_with_a_fixed_rule(truths: list[tuple[Article, Annotation]]) -> None:
    """Of an adjudicator who always decides alike on the same labels and words: for nine of ten, and in four of five."""
    use = simulate_precedents(truths, SEEDS)

    assert 0 < use.later < use.conflicts
    assert use.shown >= 0.9 * use.later
    assert use.agrees >= 0.8 * use.shown
