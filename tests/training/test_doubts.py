"""Doubts about gold: each kind by hand, the ranking, and how many planted errors the first ones hold."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import made
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from score_doubts import FAULTS, chance, count_found, doubt_corpus, plant_errors, read_corpus

from labeling.adjudication.gold_in_doubt import ask_doubt
from labeling.annotations import Gold, GoldSpan
from labeling.cli import cli
from labeling.errors import Altered, MissingInput, NothingToLearn, TrainingError
from labeling.passages.cluster import cluster
from labeling.project import Project, load_project
from labeling.schema import Label, Schema
from labeling.tokens import make_tokenizer, token_edges
from labeling.training.doubts.contradicted_precedents import find_contradicted_precedents, read_verdicts
from labeling.training.doubts.contradicted_spans import find_contradicted_spans
from labeling.training.doubts.find_doubts import find_doubts
from labeling.training.doubts.marked_text import MarkedText, Suspicion
from labeling.training.doubts.rank_doubts import rank_suspicions
from labeling.training.doubts.rare_readings import count_readings, find_rare_readings
from labeling.training.doubts.span_edges import find_odd_edges, mend_ends
from labeling.workspace.custody import keep_custody
from labeling.workspace.rows.conflict import SpanItem
from labeling.workspace.rows.decision_row import Decision

if TYPE_CHECKING:
    from collections.abc import Iterable

RE3D = Path(__file__).parents[2] / "../shared/corpora/re3d"
ENGLISH = make_tokenizer("en")


def marked(name: str, written: str, **more: Any) -> MarkedText:
    """A text with its spans in it: ``[Oslo|PLACE]``; they may not nest."""
    text, spans = "", dict[tuple[int, int], tuple[str, ...]]()
    for piece in written.split("["):
        words, bracket, rest = piece.partition("]")
        if bracket:
            said, _, label = words.partition("|")
            spans[len(text), len(text) + len(said)] = (label,)
            text += said + rest
        else:
            text += piece
    starts, ends = token_edges(ENGLISH.make_doc(text))
    digest = made.article(name, text).digest
    return MarkedText(name, digest, text, more.pop("leak_group", name), starts, ends, spans, **more)


def told(found: Iterable[Suspicion]) -> list[tuple[str, str, str, str]]:
    """Where, which words, what gold has there and what it should have."""
    return sorted((each.article, each.text, each.label, each.instead) for each in found)


# --- rare readings ---------------------------------------------------------------------------------------------------

USUAL = [marked(f"u{n}", "They met in [Oslo|PLACE] again.") for n in range(8)]


def rare(*texts: MarkedText) -> list[tuple[str, str, str, str]]:
    """The rare readings of these and of the eight usual texts."""
    everything = [*USUAL, *texts]
    return told(find_rare_readings(everything, count_readings(everything)))


def test_another_label_or_none_is_rare_where_most_places_agree() -> None:
    """Whatever the case of the words."""
    assert rare(marked("a", "In [OSLO|PERSON] they met."), marked("b", "Oslo waits.")) == [
        ("a", "OSLO", "PERSON", "PLACE"),
        ("b", "Oslo", "", "PLACE"),
    ]


def test_a_span_on_words_that_nobody_else_marks_is_rare() -> None:
    """`again` is marked in one of nine places."""
    assert rare(marked("a", "They met [again|TIME].")) == [("a", "again", "TIME", "")]


@pytest.mark.parametrize(
    "text",
    [
        marked("a", "The [Oslo accords|TREATY] hold."),
        marked("a", "Oslo waits.", open=((0, 4),)),
        marked("a", "Oslo waits.", unasked=frozenset({"PLACE"})),
        marked("a", "[Oslo|PLACE]."),
    ],
    ids=["inside a longer span", "open", "unasked", "as usual"],
)
def test_what_is_no_reading_is_not_rare(text: MarkedText) -> None:
    """Silence where nobody was asked, or inside another span, says nothing."""
    assert rare(text) == []


def test_words_that_are_often_read_two_ways_are_not_in_doubt() -> None:
    """Three of eleven are more than a quarter."""
    assert rare(*(marked(f"p{n}", "[Oslo|PERSON] said so.") for n in range(3))) == []


# --- edges -----------------------------------------------------------------------------------------------------------


def label(name: str, *examples: str, near: tuple[str, ...] = ()) -> Label:
    """A label with these examples."""
    return Label(name=name, definition="d", examples=examples or ("[x]",), near_misses=near, color="#b4c369")


def edges(schema: Schema, *texts: MarkedText, language: str = "en") -> list[str]:
    """Why each span is odd."""
    return [each.why for each in find_odd_edges(texts, schema, language)]


ORG = Schema(labels=(label("ORG", "the [Red Cross] said"),))


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("They fought again[st ISIL|ORG] there.", ["it cuts a word"]),
        ("It was [the camp|ORG]aign of May.", ["it cuts a word, begins with 'the'"]),
        ("Both of [the UN|ORG] came.", ["it begins with 'the'"]),
        ("Both of[ UN |ORG]came.", ["it has blanks at its ends"]),
        ("The [UN,|ORG] too.", ["it ends with ,"]),
        ("The ([UN)|ORG] too.", ["it ends with )"]),
        ("The [(UN|ORG]) too.", ["it begins with ("]),
        ('The ["Grey Cats|ORG]" too.', ['it begins with "']),
        ("The [“Grey Cats|ORG]” too.", ["it begins with “"]),
        ("The [Bank (BIS)|ORG] and [Acme Inc.|ORG] of the [U.S.|ORG] too.", []),
        ('The ["Grey Cats"|ORG] too.', []),
        ("Of [The Hague|ORG] they spoke.", []),
        ("In region ([IOR|ORG]).Both of @[JanKowal|ORG] came.", []),
        ("Stream[EU|ORG]27 came.", ["it cuts a word"]),
        ("他在[北京|ORG]说", []),
        ("وب[السعودية|ORG] كان", []),
    ],
)
def test_odd_edges_are_told(written: str, why: list[str]) -> None:
    """Letters or digits on both sides of an end are one word, in scripts that have blanks between words."""
    assert edges(ORG, marked("a", written)) == why


@pytest.mark.parametrize(
    ("written", "mended"),
    [
        ("They fought again[st ISIL|ORG] there.", "against ISIL"),
        ("It was [the camp|ORG]aign of May.", "campaign"),
        ("Both of [the UN|ORG] came.", "UN"),
        ("Both of[ UN,  |ORG]came.", "UN"),
        ("The [Bank (BIS|ORG]) too.", "Bank (BIS"),
        ("The [“Grey Cats, |ORG]” too.", "Grey Cats"),
        ("The [, |ORG] too.", None),
        ("Of [Acme Inc.|ORG] too.", "Acme Inc."),
    ],
)
def test_odd_edges_are_mended(written: str, mended: str | None) -> None:
    """Whole words, without what is left out; a question can be put about them."""
    text = marked("a", written)
    (place,) = text.spans
    ends = mend_ends(text, place, frozenset({"the"}))

    assert (text.text[slice(*ends)] if ends else None) == mended
    found = [*find_odd_edges([text], ORG, "en")]
    assert all(each.ends == ends for each in found)


def test_examples_and_practice_say_what_may_begin_a_span() -> None:
    """An example begins with `the`; or annotators begin every second span so."""
    text = marked("a", "Both of [the UN|ORG] came.")
    often = [marked(f"u{n}", "Of [the UN|ORG] and [Nato|ORG] they spoke.") for n in range(4)]

    assert edges(Schema(labels=(label("ORG", "[the Red Cross] said"),)), text) == []
    assert edges(ORG, text, *often) == []
    assert len(edges(ORG, text, *(marked(f"u{n}", "Of [Nato|ORG] they spoke.") for n in range(12)))) == 1


def test_what_a_near_miss_leaves_out_is_left_out() -> None:
    """Titles, by the words of the schema; of no other label."""
    near = ('"Dr." and "H.E." before a name: left out of the span', '"Mr. Nobody": no label')
    schema = Schema(labels=(label("PERSON", near=near), label("ORG")))

    assert edges(schema, marked("a", "With [H.E. Anna Bo|PERSON] and [Dr. Oetker|ORG] came [Mr. X|PERSON].")) == [
        "it begins with 'H.E.'"
    ]


# --- precedents ------------------------------------------------------------------------------------------------------

DECIDED = marked("d", "They say [Kremlin|GOV] in Moscow.")
GOV, PLACE = SpanItem(start=9, end=16, label="GOV"), SpanItem(start=9, end=16, label="PLACE")


def decide(*accepted: SpanItem, at: str = "2026-11-22T09:00:00Z", conflict: str = "c", **more: Any) -> Decision:
    """GOV or PLACE was the question."""
    place = {"article": "d", "digest": DECIDED.digest, "what": "span", "start": 9, "end": 16}
    values = {**place, "judged": (GOV, PLACE), "accepted": accepted, "decision": "a", "by": "lead", "at": at}
    return Decision.model_validate({**values, "conflict": conflict, **more})


def precedents(*decisions: Decision) -> list[tuple[str, str, str, str]]:
    """What they contradict."""
    others = [marked("a", "The [KREMLIN|PLACE] spoke."), marked("b", "A Kremlin aide."), marked("c", "[Kremlin|GOV].")]
    articles = {each.article: made.article(each.article, each.text) for each in (DECIDED, *others)}
    return told(find_contradicted_precedents([DECIDED, *others], read_verdicts(decisions, articles)))


def test_what_was_decided_of_words_holds_elsewhere() -> None:
    """A label that fell, and a place where the one that stands is missing."""
    assert precedents(decide(GOV)) == [("a", "KREMLIN", "PLACE", "GOV"), ("b", "Kremlin", "", "GOV")]


def test_the_latest_decision_of_a_conflict_counts() -> None:
    """By its instant, in whatever order they come."""
    late = decide(GOV, at="2026-11-23T09:00:00Z")

    assert precedents(late, decide(PLACE)) == precedents(decide(PLACE), late) == precedents(late)


@pytest.mark.parametrize(
    "decisions",
    [
        [decide(GOV), decide(PLACE, conflict="e")],
        [decide(GOV, inherited_from="x")],
        [decide(GOV, digest="0" * 64)],
        [decide(GOV, article="gone")],
    ],
    ids=["decided both ways", "inherited", "another text", "an article that is gone"],
)
def test_what_decides_nothing_contradicts_nothing(decisions: list[Decision]) -> None:
    """Nor does it make up a label."""
    assert precedents(*decisions) == []


def test_neither_falls_without_another_label() -> None:
    """Nothing stands on these words: whoever has one of the two is in doubt, the decided place, too."""
    assert precedents(decide()) == [
        ("a", "KREMLIN", "PLACE", ""),
        ("c", "Kremlin", "GOV", ""),
        ("d", "Kremlin", "GOV", ""),
    ]


# --- models ----------------------------------------------------------------------------------------------------------

NAMES = ["Anna Bo", "Carl Dee", "Eva Fox", "Gus Hay", "Ida Jansen", "Kai Lund", "Mia Noor", "Otto Park"]
TOWNS = ["Oslo", "Lima", "Accra", "Quito", "Hanoi", "Tunis", "Cairo", "Dakar"]


def reported(number: int, person: str = "PERSON", town: str = "TOWN") -> MarkedText:
    """A sentence that says who spoke where, with other words around."""
    dice = Random(number)  # noqa: S311 - names are not secrets
    name, place = dice.choice(NAMES), dice.choice(TOWNS)
    when = dice.choice(["on Monday", "last week", "at noon", "again"])
    first, second = (f"[{words}|{what}]" if what else words for words, what in ((name, person), (place, town)))
    return marked(f"r{number:02}", f"Minister {first} spoke in {second} {when}. Nobody asked about the price of fish.")


@pytest.mark.parametrize(
    ("odd", "where", "label", "instead"),
    [
        (reported(99, person="TOWN"), "first", "TOWN", "PERSON"),
        (reported(99, town="PERSON"), "second", "PERSON", "TOWN"),
        (reported(99, town=""), "second", "", "TOWN"),
        (marked("r99", "The [price|TOWN] rose. Minister [Eva Fox|PERSON] spoke."), "first", "TOWN", ""),
    ],
    ids=["label", "the other label", "missing", "too many"],
)
def test_models_contradict_what_all_other_articles_do_otherwise(
    odd: MarkedText, where: str, label: str, instead: str
) -> None:
    """And nothing of the thirty that agree more than that; twice the same."""
    texts = [*map(reported, range(30)), odd]
    known = count_readings(texts)
    found = list(find_contradicted_spans(texts, known, ["PERSON", "TOWN"], 1))

    first = max(found, key=lambda each: each.strength)
    assert (first.article, first.label, first.instead) == ("r99", label, instead)
    assert (first.start < 20) == (where == "first")
    assert found == list(find_contradicted_spans(texts, known, ["PERSON", "TOWN"], 1))


@pytest.mark.parametrize("texts", [[], [reported(1)], [marked("a", "One."), marked("b", "Two.")]])
def test_models_need_two_leak_groups_with_spans(texts: list[MarkedText]) -> None:
    """By an error that says so."""
    with pytest.raises(NothingToLearn, match="two leak groups"):
        list(find_contradicted_spans(texts, count_readings(texts), ["PERSON", "TOWN"], 1))


def test_a_model_judges_no_article_of_its_own_leak_group() -> None:
    """Copies of one error support each other only where they are taught to their own judge."""
    copies = [reported(99, person="TOWN") for _ in range(6)]
    together = [MarkedText(**{**vars_of(each), "leak_group": "copies"}) for each in copies]
    texts = [*map(reported, range(30)), *together]

    found = find_contradicted_spans(texts, count_readings(texts), ["PERSON", "TOWN"], 1)

    assert sum(each.label == "TOWN" and each.instead == "PERSON" for each in found) == 6


def vars_of(text: MarkedText) -> dict[str, Any]:
    """Its fields."""
    return {name: getattr(text, name) for name in MarkedText.__dataclass_fields__}


# --- ranking ---------------------------------------------------------------------------------------------------------


def suspect(kind: Any, start: int, *read: str, strength: float = 0.5, beside: bool = False) -> Suspicion:
    """About three characters."""
    label, instead = read
    return Suspicion(kind, "a", start, start + 3, label, instead, strength, f"{kind} {read}", f"w{start}", beside)


SUSPICIONS = st.lists(
    st.builds(
        suspect,
        st.sampled_from(["model", "rare reading", "precedent", "reprint"]),
        st.integers(0, 12),
        st.sampled_from(["A", "B"]),
        st.sampled_from(["", "C"]),
        strength=st.sampled_from([0.2, 0.5, 0.9]),
    )
    | st.builds(suspect, st.just("model"), st.integers(0, 12), st.just(""), st.sampled_from(["A", "B"])),
    max_size=12,
)


@given(SUSPICIONS, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_ranking_knows_no_order_and_loses_no_reason(found: list[Suspicion], dice: Random) -> None:
    """Scores are shares, and fall; each reason stands in one row."""
    shuffled = [*found]
    dice.shuffle(shuffled)
    ranked = rank_suspicions(found)

    assert rank_suspicions(shuffled) == ranked
    assert [each.score for each in ranked] == sorted((each.score for each in ranked), reverse=True)
    assert all(0 < each.score < 1 for each in ranked)
    assert {each.why for each in found} == {why for each in ranked for why in each.whys}


def test_two_witnesses_are_more_than_one() -> None:
    """0.7 of 0.5 by the model, 0.3 of 0.5 by other places: 1 - 0.65 * 0.85."""
    (one,) = rank_suspicions([suspect("model", 0, "A", "B"), suspect("rare reading", 0, "A", "B")])

    assert one.score == pytest.approx(1 - (1 - 0.35) * (1 - 0.15))
    assert (one.suspicion.kind, one.kinds) == ("model", ("model", "rare reading"))


def test_a_wrong_end_is_one_question() -> None:
    """The span as it is, and where it should be; a span of another label there is another question."""
    wrong, right = suspect("model", 0, "A", ""), suspect("model", 2, "", "A", beside=True)

    assert [each.ends for each in rank_suspicions([wrong, right])] == [(2, 5)]
    assert [each.ends for each in rank_suspicions([right, wrong, suspect("edge", 0, "A", "")])] == [(2, 5)]
    assert len(rank_suspicions([wrong, suspect("model", 2, "", "B")])) == 2
    assert len(rank_suspicions([wrong, suspect("model", 2, "A", "")])) == 2
    assert len(rank_suspicions([wrong, suspect("model", 3, "", "A")])) == 2


def test_the_same_slip_again_comes_after_others() -> None:
    """Of three doubts of one kind two are about the same words with the same reading: 0.9, 0.8, and 0.8 of 0.9."""
    same = [suspect("model", start, "A", "", strength=0.9) for start in (0, 10)]
    same[1] = Suspicion(**{**vars(same[1]), "text": same[0].text.upper()})

    ranked = rank_suspicions([*same, suspect("model", 20, "A", "", strength=0.8)])

    assert [each.suspicion.start for each in ranked] == [0, 20, 10]


# --- all of it -------------------------------------------------------------------------------------------------------

CONFIG = Path(__file__).parents[2] / "configs" / "diplomatic.toml"


def project_of(folder: Path, *texts: MarkedText) -> Project:
    """These texts, ingested, with gold, as their verbs would leave them."""
    project = load_project(CONFIG, folder / "workspace")
    workspace = project.workspace
    workspace.root.mkdir()
    with workspace.lock(), keep_custody(workspace, "ingest", writes=(workspace.articles,)):
        workspace.articles.write(made.article(each.article, each.text) for each in texts)
    with workspace.opened(), keep_custody(workspace, "adjudicate", writes=(workspace.gold,)):
        workspace.gold.write(
            Gold(
                article=each.article,
                digest=each.digest,
                complete=True,
                annotators=("ana",),
                spans=tuple(
                    GoldSpan(id=f"s{start}", start=start, end=end, label=name, rule="only annotator", by=("ana",))
                    for (start, end), (name,) in sorted(each.spans.items())
                ),
            )
            for each in texts
        )
    return project


def test_gold_without_a_span_cannot_be_doubted(tmp_path: Path) -> None:
    """Nor gold that is not there; nothing is written."""
    project = project_of(tmp_path, marked("a", "Nothing here."))
    with pytest.raises(NothingToLearn, match="holds no span"):
        find_doubts(project)
    assert not project.workspace.doubts.exists()

    project.workspace.gold.path.unlink()
    with pytest.raises(MissingInput, match=r"gold\.jsonl"):
        find_doubts(project)


def test_altered_gold_is_not_doubted_but_refused(tmp_path: Path) -> None:
    """By name."""
    project = project_of(tmp_path, *map(reported_place, range(3)))
    path = project.workspace.gold.path
    path.write_bytes(path.read_bytes().replace(b"PERSON", b"LOCATION"))

    with pytest.raises(Altered, match=r"gold\.jsonl"):
        find_doubts(project)


def reported_place(number: int) -> MarkedText:
    """With labels of the shipped schema."""
    return reported(number, town="LOCATION")


def test_doubts_are_listed_with_why_and_kinds_that_were_left_out_are_told(tmp_path: Path) -> None:
    """Of thirty-one articles one has the label of a town on a person; a reprint of one has no town."""
    texts = [*map(reported_place, range(30)), reported(99, person="LOCATION", town="LOCATION")]
    long = "Nobody in the whole town had asked about the price of fish before that day in the autumn of the year. "
    texts.append(marked("x1", f"{long} Minister [Anna Bo|PERSON] spoke in [Oslo|LOCATION]. {long}"))
    texts.append(marked("x2", f"{long} Minister [Anna Bo|PERSON] spoke in Oslo. {long}"))
    project = project_of(tmp_path, *texts)

    assert {*find_doubts(project).left_out} == {"precedent", "reprint"}
    cluster(project)
    result = find_doubts(project)
    doubts = list(project.workspace.doubts.rows())

    assert {*result.left_out} == {"precedent"}
    assert (result.spans, result.doubts) == (2 * 31 + 3, len(doubts))
    assert (doubts[0].article, doubts[0].label, doubts[0].instead) == ("r99", "LOCATION", "PERSON")
    missing = next(each for each in doubts if each.article == "x2")
    assert (missing.text, missing.label, missing.instead) == ("Oslo", "", "LOCATION")
    assert "reprint" in missing.kinds
    assert "x1 has LOCATION on 'Oslo'" in missing.why
    before = project.workspace.doubts.path.read_bytes()
    find_doubts(project)
    assert project.workspace.doubts.path.read_bytes() == before


def test_what_was_decided_is_not_listed_again(tmp_path: Path) -> None:
    """An adjudicator said that a cut word stands as it is: that is counted, and told."""
    texts = [marked("a", "They fought again[st ISIL|PERSON] there."), marked("b", "With [Anna B|PERSON]o there.")]
    project = project_of(tmp_path, *texts)
    workspace = project.workspace
    assert (find_doubts(project).doubts, find_doubts(project).settled) == (2, 0)
    doubt = next(each for each in workspace.doubts.rows() if each.article == "a")
    assert doubt.ends == (12, 24)
    gold = list(workspace.gold.rows())
    asked = ask_doubt(doubt, workspace.articles.by("id")["a"], gold[0], project.file.policies.trim)
    assert asked
    decision = {"article": "a", "digest": doubt.digest, "what": "span", "start": 12, "end": 24, "conflict": asked.id}
    answer = {"judged": asked.items, "accepted": asked.standing, "decision": "a", "by": "lead"}
    with workspace.opened(), keep_custody(workspace, "pull", writes=(workspace.decisions,)):
        workspace.decisions.write([Decision.model_validate({**decision, **answer, "at": "2026-11-22T09:00:00Z"})])
    decisions = (workspace.decisions,)
    with workspace.opened(), keep_custody(workspace, "adjudicate", reads=decisions, writes=(workspace.gold,)):
        workspace.gold.write(gold)
    result = find_doubts(project)

    assert (result.doubts, result.settled) == (1, 1)
    assert [each.article for each in workspace.doubts.rows()] == ["b"]


def test_doubts_need_their_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named before anything is sought, whichever of its packages is missing; nothing is written."""
    project = project_of(tmp_path, *map(reported_place, range(3)))
    for name in ("cleanlab", "sklearn.linear_model", "threadpoolctl"):
        with monkeypatch.context() as patched:
            patched.setitem(sys.modules, name, None)
            if name == "cleanlab":
                patched.delitem(sys.modules, "cleanlab.filter", raising=False)
            with pytest.raises(TrainingError, match=name.partition(".")[0]) as refusal:
                find_doubts(project)
        assert "labeling[doubts]" in refusal.value.todo
    assert not project.workspace.doubts.exists()


def test_the_command_tells_the_first_doubts(tmp_path: Path) -> None:
    """On stderr; counts on stdout, and as JSON."""
    project = project_of(tmp_path, *map(reported_place, range(12)), reported(99, person="LOCATION", town="LOCATION"))
    words = ["--workspace", str(project.workspace.root), "doubts"]

    done = CliRunner().invoke(cli, words, standalone_mode=False)
    counted = json.loads(CliRunner().invoke(cli, [*words, "--json"], standalone_mode=False).stdout)

    assert done.return_value == 0
    assert "r99" in done.stderr.splitlines()[0]
    assert "Not looked for: reprint" in done.stderr
    assert counted["spans"] == 26


@pytest.mark.skipif(not RE3D.is_dir(), reason="the shared corpora are not here")
def test_the_first_doubts_hold_planted_errors(tmp_path: Path) -> None:
    """3 % of the spans of re3d's British half are spoilt: five times chance is among the first 50, little later on."""
    corpus = read_corpus([RE3D / "uk_government.jsonl"])
    spoilt, planted = plant_errors(corpus, FAULTS, 1)

    doubts = doubt_corpus(spoilt, tmp_path)

    assert len(doubts) > 150
    assert count_found(doubts[:50], planted) >= 5 * chance(spoilt, planted)
    assert count_found(doubts[:50], planted) > 2 * count_found(doubts[100:150], planted)
