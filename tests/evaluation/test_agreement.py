"""Agreement: F1 of spans between people by hand and by seqeval, Krippendorff's alpha by his own example."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import made
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics import f1_score

from labeling.adjudication.adjudicate import adjudicate
from labeling.annotations import Annotation, Span
from labeling.cli import cli
from labeling.errors import DamagedFile, TooFewAnnotators
from labeling.evaluation.agree import agree
from labeling.evaluation.agreement.measure_agreement import measure_agreement
from labeling.evaluation.agreement.nominal import alpha
from labeling.evaluation.agreement.submitted import find_doubly_annotated
from labeling.evaluation.resampling import Bootstrap
from labeling.project import Project, load_project
from labeling.samples import sample_data
from labeling.sources.ingest import ingest
from labeling.values import digest_of
from labeling.workspace.asking import Asking
from labeling.workspace.storage import file_digest

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.articles import Article
    from labeling.workspace.rows.agreements import Agreement

TEXT = "Anna Berg met the Maldives minister in Male"
QUICK = Bootstrap(resamples=10)
# Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011, section C: four observers, twelve units.
OBSERVERS = (
    (1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
    (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
    (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
    (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
)


def _article(name: str) -> Article:
    return made.article(name, TEXT)


def _said(article: str, by: str, *places: tuple[int, int, str], **more: object) -> Annotation:
    spans = tuple(Span(id=f"s{n}", start=start, end=end, label=label) for n, (start, end, label) in enumerate(places))
    said = Annotation(article=article, digest=digest_of(TEXT), annotator=by, spans=spans)
    return said.model_copy(update=more)


@pytest.fixture(scope="module")
def project() -> Project:
    """The shipped project, whose schema is used."""
    return load_project()


def _agree(project: Project, *said: Annotation) -> Agreement:
    articles = {name: _article(name) for name in {each.article for each in said}}
    groups = {name: name for name in articles}
    read = list(find_doubly_annotated(said, articles, groups, Asking(project.schema)))
    return measure_agreement(read, project.schema, "sha", QUICK)


def test_f1_of_two_annotators_by_hand(project: Project) -> None:
    """Over both articles: 2 pairs of 3 and 3 spans exactly, 3 by position and by an overlap of the label."""
    found = _agree(
        project,
        _said("a", "ana", (0, 9, "PERSON"), (18, 26, "COUNTRY")),
        _said("b", "ana", (39, 43, "LOCATION")),
        _said("a", "ben", (0, 9, "PERSON"), (18, 26, "GOV_BODY")),
        _said("b", "ben", (39, 43, "LOCATION")),
    )
    (pair,) = found.pairs

    assert (pair.one, pair.other, found.articles, found.annotators) == ("ana", "ben", 2, ("ana", "ben"))
    assert pair.score.exact.micro.f1 == pytest.approx(2 * 2 / (3 + 3))
    assert pair.score.position.micro.f1 == 1
    assert pair.score.overlapping.micro.f1 == pytest.approx(2 / 3)
    assert pair.score.exact.labels["LOCATION"].f1 == 1
    assert pair.score.exact.labels["COUNTRY"].f1 == 0


def test_pairs_are_scored_on_the_articles_both_submitted(project: Project) -> None:
    """Three people in pairs; an article that only one submitted is not counted, two who share none are not a pair."""
    found = _agree(
        project,
        _said("a", "ana", (0, 9, "PERSON")),
        _said("a", "ben", (0, 9, "PERSON")),
        _said("b", "ben"),
        _said("b", "carl", (0, 4, "PERSON")),
        _said("c", "ana", (0, 4, "PERSON")),
    )

    assert [(pair.one, pair.other, pair.score.articles) for pair in found.pairs] == [
        ("ana", "ben", 1),
        ("ben", "carl", 1),
    ]
    assert found.articles == 2


def test_only_latest_submissions_of_people_on_this_text_count() -> None:
    """The latest submission of a person, on the text as it is: no draft, no skip, no model, no other text."""
    said = [
        _said("a", "ana", (0, 9, "PERSON"), updated="2026-11-22T09:00:00Z"),
        _said("a", "ana", updated="2026-11-22T10:30:00+01:00", server_id=2),
        _said("a", "ben", (0, 4, "PERSON")),
        _said("a", "ben", state="skipped"),
        _said("a", "carl", state="draft"),
        _said("a", "model:rules"),
        _said("a", "dora", digest="other"),
        _said("gone", "ana"),
        _said("gone", "ben"),
    ]
    (read,) = find_doubly_annotated(said, {"a": _article("a")}, {"a": "g"}, Asking(load_project().schema))

    assert {name: len(each.spans) for name, each in read.submissions.items()} == {"ana": 0, "ben": 1}


def test_alpha_is_krippendorffs_own() -> None:
    """The book's nominal value, 0.743."""
    units = [[value for value in unit if value is not None] for unit in zip(*OBSERVERS, strict=True)]

    assert alpha(units) == pytest.approx(0.743, abs=0.0005)


def test_alpha_of_agreement_contradiction_and_nothing() -> None:
    """1 for agreement, below 0 for contradiction, undefined where there is but one value or no unit of two."""
    assert alpha([["a", "a"], ["b", "b"]]) == 1
    # Two pairs of unlike values weigh 4 observed; 4 values, two of each, (16 - 8) / 3 expected.
    assert alpha([["a", "b"], ["a", "b"]]) == pytest.approx(1 - 4 / (8 / 3))
    assert alpha([["a", "a"], ["a"]]) is None
    assert alpha([["a"], ["b"]]) is None


def test_alpha_of_choices_by_hand(project: Project) -> None:
    """Of a set with one answer, of the answers; of one with several, option by option; an empty `usable` is a yes."""
    yes, no = {"usable": ("yes",), "event": ("CONSULT", "AID")}, {"usable": ("no",), "event": ("CONSULT",)}
    found = _agree(
        project,
        *(_said(name, by, choices=said) for name, said in (("a", yes), ("b", no)) for by in ("ana", "ben")),
        _said("c", "ana", choices=yes),
        _said("c", "ben"),
    )

    # yes yes, no no, yes and nothing, which is a yes.
    assert found.choices["usable"] == 1
    # 1 1, 0 0, 1 0: 2 unlike of 6, of which 3 are 1.
    assert found.choices["event=AID"] == pytest.approx(1 - 2 / ((36 - 9 - 9) / 5))
    assert found.choices["event=THREATEN"] is None


def test_a_single_annotator_is_refused(project: Project) -> None:
    """One annotator alone is refused by name."""
    with pytest.raises(TooFewAnnotators, match="no article was submitted by two people"):
        _agree(project, _said("a", "ana"), _said("b", "ben"))


PLACES = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from(["PERSON", "COUNTRY"])), unique_by=lambda place: place[0]
)


@given(PLACES, PLACES)
def test_f1_is_seqevals_and_symmetric(project: Project, ana: list[tuple[int, str]], ben: list[tuple[int, str]]) -> None:
    """Spans of one letter each, tagged: another program counts as we do, whoever comes first."""
    said = {by: [(at, at + 1, label) for at, label in places] for by, places in (("ana", ana), ("ben", ben))}
    found = _agree(project, *(_said("a", by, *places) for by, places in said.items()))
    turned = _agree(project, _said("a", "ana", *said["ben"]), _said("a", "ben", *said["ana"]))
    tags = [["O" if at not in dict(places) else f"B-{dict(places)[at]}" for at in range(10)] for places in (ana, ben)]

    if ana or ben:
        assert found.pairs[0].score.exact.micro.f1 == pytest.approx(f1_score([tags[0]], [tags[1]], zero_division=0))
    assert found.pairs[0].score.exact.micro.f1 == turned.pairs[0].score.exact.micro.f1


def test_agree_prints_what_the_file_holds(tmp_path: Path) -> None:
    """On the samples, whose two annotators differ here and there; the file says which annotations it is of."""
    project = load_project(workspace=tmp_path / "workspace")
    ingest(project, [str(sample_data.articles_folder())])
    project.workspace.annotations.write(sample_data.load_sample_annotations())
    words = ["--workspace", str(project.workspace.root), "agree"]
    table = CliRunner().invoke(cli, words, catch_exceptions=False).stdout
    told = json.loads(CliRunner().invoke(cli, [*words, "--json"], catch_exceptions=False).stdout)
    found = project.workspace.agreement.value()
    (numbers,) = told["f1"].values()

    assert 0.5 < numbers["exact"] <= numbers["position"] < 1
    assert f"F1 {100 * numbers['exact']:.1f} (" in table
    assert found.annotations == file_digest(project.workspace.annotations.path)
    assert found.articles == told["articles"]
    assert agree(project).f1 == told["f1"]


def test_an_unreadable_time_is_refused_by_agree_and_adjudicate_alike(tmp_path: Path) -> None:
    """Which submission is a person's latest cannot be told: both verbs name the file to mend, and neither crashes."""
    project = load_project(workspace=tmp_path)
    project.workspace.articles.write([_article("a")])
    project.workspace.annotations.write([_said("a", "ana", updated="yesterday"), _said("a", "ben")])

    refusals = []
    for verb in (agree, adjudicate):
        with pytest.raises(DamagedFile, match="'yesterday'") as refusal:
            verb(project)
        refusals.append((str(refusal.value), refusal.value.todo))

    assert refusals[0] == refusals[1]
    assert "annotations.jsonl" in refusals[0][1]
