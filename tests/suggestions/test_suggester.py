"""Suggestions: what the rules find, how rules are written, and that every suggestion passes every check."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import made
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from labeling.adjudication.checks import check_annotation
from labeling.annotations import Annotation, Span
from labeling.errors import ProjectFileError
from labeling.project import load_project, shipped_config
from labeling.suggestions import finder
from labeling.suggestions.finder import Finder, FoundSpan, _drop_crossing
from labeling.suggestions.names import load_names
from labeling.suggestions.rule_file import RuleLayer, Rules, read_rules
from labeling.suggestions.suggester import (
    RULES_ANNOTATOR,
    SuggestionSettings,
    read_suggestion_settings,
    suggest_annotations,
)
from labeling.values import digest_of
from labeling.workspace.rows.score import Score

if TYPE_CHECKING:
    from labeling.articles import Article
    from labeling.schema import Schema

ROOT = Path(__file__).parents[2]
PROJECT = load_project(shipped_config("diplomatic.toml"))
SCHEMA: Schema = PROJECT.schema
SHIPPED = read_suggestion_settings(PROJECT)
TEN = "Bb Cc Dd Ee Ff Gg Hh Ii Jj Kk"
QUOTED = " ".join(f"'{word}'" for word in TEN.split())
FINDER = Finder(read_rules(shipped_config("rules.toml")), "en")


def article(text: str, name: str = "a") -> Article:
    """An article of that text."""
    return made.article(name, text)


def found(text: str) -> set[tuple[str, str]]:
    """The words and labels that the shipped rules find."""
    return {(text[start:end], label) for start, end, label in FINDER(text)}


def words(rules: Rules, text: str) -> list[tuple[str, str]]:
    """The words and labels that other rules find, in the order of the text."""
    return [(text[start:end], label) for start, end, label in Finder(rules, "en")(text)]


def saying(*patterns: str, hides: tuple[str, ...] = ()) -> Rules:
    """Rules of one layer: `who` is a capitalised word, `number` is made of digits."""
    return Rules(
        names={"PLACE": ("Oslo",)},
        tokens={"who": {"IS_TITLE": True}, "number": {"IS_DIGIT": True}, "place": {"ENT_TYPE": "PLACE"}},
        layers=(RuleLayer(label="X", patterns=patterns, hides=hides),),
    )


# What the shipped rules know -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        (
            "The Controller General of Maldives Immigration, Mohamed Ahmed Hussain, signed.",
            {
                ("Controller General of Maldives Immigration", "ROLE"),
                ("Maldives Immigration", "GOV_BODY"),
                ("Maldives", "COUNTRY"),
                ("Mohamed Ahmed Hussain", "PERSON"),
            },
        ),
        (
            "In a press release.The Indian delegation met on 25 July 2023.",
            {("Indian delegation", "DELEGATION"), ("Indian", "COUNTRY"), ("25 July 2023", "DATE")},
        ),
        ("#India-#Maldives ties", {("India", "COUNTRY"), ("Maldives", "COUNTRY")}),
        ("The U.S.-China tariffs", {("U.S.", "COUNTRY"), ("China", "COUNTRY"), ("tariffs", "ISSUE")}),
        (
            "India's Bureau of Immigration patrols the Indian Ocean.",
            {("India", "COUNTRY"), ("Bureau of Immigration", "GOV_BODY"), ("Indian Ocean", "LOCATION")},
        ),
        (
            "H.E. Mr. Tomás Rivera-Kim came. Rivera-Kim left.",
            {("Tomás Rivera-Kim", "PERSON"), ("Rivera-Kim", "PERSON")},
        ),
        (
            "They spoke at the Colombo Security Conclave (CSC).",
            {("Colombo Security Conclave", "INTL_ORG"), ("CSC", "INTL_ORG")},
        ),
        ("NEW DELHI, July 3 \N{EM DASH} We regret it.", {("NEW DELHI", "LOCATION"), ("July 3", "DATE")}),
        ("Both sides may march on. They told us so.", set()),
    ],
)
def test_the_rules_find_what_the_guidelines_ask_for(text: str, spans: set[tuple[str, str]]) -> None:
    """Nested names, glued sentences, hashtags, short forms; spans without articles, possessives or honorifics."""
    assert found(text) == spans


def test_the_rules_find_most_of_the_guidelines_own_examples() -> None:
    """Of the bracketed examples in the project file, at least three in four are suggested exactly."""
    examples = [(label.name, example) for label in SCHEMA.labels for example in label.examples]
    hits = [
        (example, name)
        for name, example in examples
        for text in [re.sub(r"[\[\]]", "", example)]
        if {(marked, name) for marked in re.findall(r"\[(.*?)\]", example)} <= found(text)
    ]

    assert not len(hits) < 3 * len(examples) / 4


def test_offsets_count_code_points() -> None:
    """An emoji is one character, as in Python, not two as in a browser."""
    assert [span[:2] for span in FINDER("\N{GRINNING FACE} Oman")] == [(2, 6)]


def test_names_come_from_the_libraries() -> None:
    """Countries by common, official and former names, nationalities, capitals; a city never has a country's name."""
    assert {"Türkiye", "Turkey", "Republic of Korea", "Myanmar", "Burma", "Kosovo"} <= load_names("countries")
    assert {"Turkish", "Omani", "Dutch"} <= load_names("nationalities")
    assert {"Ankara", "Istanbul", "Ulaanbaatar"} <= load_names("cities")
    assert not load_names("cities") & load_names("countries")


@pytest.fixture(scope="module")
def scores() -> dict[str, Score]:
    """The output of the script that scores the rules."""
    script, corpus = ROOT / "scripts" / "score_suggestions.py", ROOT.parent / "shared" / "corpora" / "re3d"
    done = subprocess.run(
        [sys.executable, script, "--json", corpus], check=True, capture_output=True, cwd=ROOT, env={"PYTHONPATH": "."}
    )
    return {name: Score.model_validate_json(json.dumps(score)) for name, score in json.loads(done.stdout).items()}


def test_the_rules_score_well_on_the_samples(scores: dict[str, Score]) -> None:
    """On the sample articles nine in ten suggestions are exactly right, and three in four spans are suggested."""
    micro = scores["samples"].exact.micro

    assert not 10 * micro.pairs < 9 * micro.predicted
    assert not 4 * micro.pairs < 3 * micro.gold


def test_the_rules_score_well_on_re3d(scores: dict[str, Score]) -> None:
    """On re3d, another schema on real texts, dates and persons are mostly right, and places are mostly found."""
    if "re3d" not in scores:
        pytest.skip("the shared corpora are not here")
    found = scores["re3d"].overlapping.labels

    assert not found["person"].pairs < 0.9 * found["person"].predicted
    assert not found["date"].pairs < 0.8 * found["date"].predicted
    assert not found["organisation"].pairs < 0.75 * found["organisation"].predicted
    assert not found["place or country"].pairs < 0.6 * found["place or country"].gold


# How rules are written -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "text", "spans"),
    [
        ("who+", "we met Ana Lim today", [("Ana Lim", "X")]),
        ("'met' who", "we met Ana Lim today", [("met Ana", "X")]),
        ("'met' [ who+ ]", "we met Ana Lim today", [("Ana Lim", "X")]),
        ("[ who ] who? 'today'", "we met Ana Lim today", [("Ana", "X")]),
        (
            "place number?",
            "from Oslo 2 to Oslo",
            [("Oslo 2", "X"), ("Oslo", "PLACE"), ("Oslo", "PLACE"), ("Oslo", "X")],
        ),
    ],
)
def test_patterns_mark_the_part_in_brackets(pattern: str, text: str, spans: list[tuple[str, str]]) -> None:
    """A pattern names tokens, quotes words, repeats as spaCy does, and marks the part in brackets."""
    assert [span for span in words(saying(pattern), text) if pattern[:5] == "place" or span[1] == "X"] == spans


def test_a_layer_drops_hidden_labels_inside_its_spans() -> None:
    """A place inside a hiding layer's span is not suggested; one outside is."""
    assert words(saying("'New' place", hides=("PLACE",)), "New Oslo, Oslo") == [("New Oslo", "X"), ("Oslo", "PLACE")]


def test_of_crossing_spans_the_longer_is_kept() -> None:
    """Of "one two three" and "three four", which cross, the shorter is left out; nested ones are not."""
    layers = (RuleLayer(label="B", patterns=("'three' 'four'",)), RuleLayer(label="C", patterns=("'four'", "'two'")))

    assert words(Rules(terms={"A": ("one two three",)}, layers=layers), "one two three four") == [
        ("one two three", "A"),
        ("two", "C"),
        ("four", "C"),
    ]


def test_many_spans_are_compared_in_one_pass() -> None:
    """Two hundred thousand; comparing each with all others takes hours."""
    spans = [FoundSpan(at, at + 3, "A") for at in range(0, 400_000, 2)]

    assert len(_drop_crossing(spans)) == 100_000


@pytest.mark.parametrize("unit", ["Mr. ", "Mr. Aa ", "Agreement ", "U.S. ", "Kenya and "])
def test_a_long_row_of_words_of_one_kind_is_matched_in_windows(unit: str) -> None:
    """The library alone tries all ways to share out a row of words: 800 characters of `Mr.` took three seconds."""
    assert found("Mr. Anna Berg said so. " + (unit * 20_000)[:19_900]) > {("Mr. Anna Berg", "PERSON")}


def test_a_vocabulary_that_has_grown_is_begun_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of what was met stays in memory, and nothing is found otherwise."""
    monkeypatch.setattr(finder, "_NEW_WORDS", 500)
    monkeypatch.setattr(finder, "_ROW_CHARACTERS", 2_000)
    texts = [f"Oman met Wort{n} Name{n}. " + " ".join(f"word{n}x{k}" for k in range(150)) for n in range(20)]
    small = finder.Finder(read_rules(shipped_config("rules.toml")), "en")
    words = len(small._nlp.vocab.strings)

    assert list(small.find_all(texts)) == [FINDER(text) for text in texts]
    assert len(small._nlp.vocab.strings) < words + 3 * 500


def test_a_match_in_a_long_row_is_found_whole() -> None:
    """At any place: windows overlap by as many tokens as it has."""
    layer = RuleLayer(label="X", patterns=(f"any* [ {QUOTED} ] any*",))
    anywhere = Finder(Rules(tokens={"any": {"IS_ALPHA": True}}, layers=(layer,)), "en")
    for at in range(60):
        text = f"{'Aa ' * at}{TEN}{' Aa' * (59 - at)}"
        assert [text[start:end] for start, end, _ in anywhere(text)] == [TEN]


def test_terms_match_in_any_case_and_names_as_printed_or_in_capitals() -> None:
    """The word "us" is not the name "US", but "OSLO" is "Oslo"; a term may begin a sentence."""
    rules = Rules(names={"P": ("US", "Oslo")}, terms={"T": ("trade",)})

    assert words(rules, "Trade with us in OSLO, not with US") == [("Trade", "T"), ("OSLO", "P"), ("US", "P")]


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("who nobody", "'nobody' is neither in quotes nor in [tokens]"),
        ("who [ ]", "it marks nothing"),
        ("", "it marks nothing"),
    ],
)
def test_a_faulty_pattern_is_refused_by_name(pattern: str, reason: str) -> None:
    """The message has the pattern and its fault."""
    with pytest.raises(ProjectFileError, match=re.escape(reason)) as caught:
        Finder(saying(pattern), "en")

    assert caught.value.where == pattern


def test_a_faulty_token_is_refused_by_name() -> None:
    """What spaCy does not accept as a token is reported with the pattern that needs it."""
    with pytest.raises(ProjectFileError, match="faulty pattern, 'odd'"):
        Finder(Rules(tokens={"odd": {"COLOUR": "red"}}, layers=(RuleLayer(label="X", patterns=("odd",)),)), "en")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "No such file"),
        ("[names\n", "it is not TOML"),
        ("[namen]\nX = ['y']\n", "namen: Extra inputs"),
        ("[lists]\nrivers = 'X'\n", "lists.rivers"),
    ],
)
def test_a_faulty_rules_file_is_refused_by_name(tmp_path: Path, text: str | None, reason: str) -> None:
    """A missing file, broken TOML, an unknown key, an unknown list: the message names the fault."""
    path = tmp_path / "rules.toml"
    if text is not None:
        path.write_text(text, encoding="utf-8")

    with pytest.raises(ProjectFileError, match=reason) as caught:
        read_rules(path)

    assert caught.value.where == str(path)


# Suggestions are annotations -----------------------------------------------------------------------------------------


def test_a_suggestion_is_an_annotation_by_the_rules() -> None:
    """It is signed, bound to the text by its digest, and its spans are numbered in the order of the text."""
    text = "Oman and Chad met on Monday."
    (annotation,) = suggest_annotations([article(text)], SCHEMA, SHIPPED)

    assert (annotation.annotator, annotation.article, annotation.digest) == ("model:rules", "a", digest_of(text))
    assert [(span.id, text[span.start : span.end], span.label) for span in annotation.spans] == [
        ("s1", "Oman", "COUNTRY"),
        ("s2", "Chad", "COUNTRY"),
        ("s3", "Monday", "DATE"),
    ]
    assert not annotation.by_person


def test_only_labels_of_the_schema_are_suggested() -> None:
    """With a schema of dates alone, countries are not suggested, which is not an error."""
    dates = SCHEMA.model_copy(update={"labels": tuple(label for label in SCHEMA.labels if label.name == "DATE")})
    (annotation,) = suggest_annotations([article("Oman met Chad on Monday.")], dates, SHIPPED)

    assert [span.label for span in annotation.spans] == ["DATE"]


def test_a_project_may_have_its_own_rules_or_none(tmp_path: Path) -> None:
    """A rules file next to the project file goes before the shipped one; without rules nobody suggests."""
    text = shipped_config("diplomatic.toml").read_text(encoding="utf-8")
    own = tmp_path / "own.toml"
    own.write_text(text, encoding="utf-8")
    (tmp_path / "rules.toml").write_text('[names]\nISSUE = ["Oman"]\n', encoding="utf-8")
    none = tmp_path / "none.toml"
    none.write_text(re.sub(r"^\[suggest\]\n", '[suggest]\nrules = ""\n', text, flags=re.MULTILINE), encoding="utf-8")

    (annotation,) = suggest_annotations([article("Oman")], SCHEMA, read_suggestion_settings(load_project(own)))
    assert [span.label for span in annotation.spans] == ["ISSUE"]
    assert list(suggest_annotations([article("Oman")], SCHEMA, read_suggestion_settings(load_project(none)))) == []


WORDS = (
    "Foreign Minister",
    "Ana Lim",
    "India",
    "Ministry of Trade",
    "Monday",
    "25 July",
    "talks between",
    "MoU",
    "UN",
    "X",
)
GLUE = (
    "'s",
    "of",
    "the",
    "and",
    "on",
    "trade",
    " ",
    "  ",
    "\n",
    ".",
    ",",
    "(",
    ")",
    "#",
    "@",
    "-",
    "\N{GRINNING FACE}",
)


@given(st.lists(st.sampled_from(WORDS + GLUE), max_size=30).map("".join))
def test_every_suggestion_passes_every_check(text: str) -> None:
    """Whatever the text: no fault, no crossing spans, no blanks at the ends, the same suggestions twice."""
    places = FINDER(text)
    spans = tuple(Span(id=str(number), **place._asdict()) for number, place in enumerate(places))
    annotation = Annotation(article="a", digest=digest_of(text), annotator=RULES_ANNOTATOR, spans=spans)

    assert check_annotation(annotation, article(text), SCHEMA) == (annotation, ())
    assert FINDER(text) == places
    assert all(text[start:end].strip() == text[start:end] for start, end, _ in places)
    assert not any(a.start < b.start < a.end < b.end for a in places for b in places)


# A spaCy pipeline is another annotator -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny spaCy pipeline on disk that knows one place and one person."""
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "GPE", "pattern": "Oslo"}, {"label": "PER", "pattern": "Ana Lim"}])  # type: ignore[attr-defined]
    folder = tmp_path_factory.mktemp("pipelines") / "tiny"
    nlp.to_disk(folder)
    return str(folder)


def asking(pipeline: str, label_map: dict[str, str]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Each annotator's spans in one text, when only that pipeline suggests."""
    text = "Ana Lim left Oslo."
    suggestions = suggest_annotations(
        [article(text)], SCHEMA, SuggestionSettings(pipeline=pipeline, label_map=label_map)
    )
    return [(one.annotator, [(text[span.start : span.end], span.label) for span in one.spans]) for one in suggestions]


def test_a_pipeline_suggests_under_its_own_name(pipeline: str) -> None:
    """Its labels are mapped to ours; labels that are not in the map are not suggested."""
    assert asking(pipeline, {"GPE": "LOCATION"}) == [("model:tiny", [("Oslo", "LOCATION")])]
    assert asking(pipeline, {"GPE": "LOCATION", "PER": "PERSON"}) == [
        ("model:tiny", [("Ana Lim", "PERSON"), ("Oslo", "LOCATION")])
    ]


def test_rules_and_pipeline_are_two_annotators(pipeline: str) -> None:
    """Each has an annotation of its own."""
    both = SHIPPED.model_copy(update={"pipeline": pipeline, "label_map": {"PER": "PERSON"}})

    assert [one.annotator for one in suggest_annotations([article("Oslo")], SCHEMA, both)] == [
        "model:rules",
        "model:tiny",
    ]


@pytest.mark.parametrize(
    ("label_map", "reason"),
    [
        ({"GPE": "LOCATON"}, "'LOCATON' is not a label of the schema"),
        ({"PERSON": "PERSON"}, "'PERSON' is not a label of"),
        ({}, "it is empty"),
    ],
)
def test_a_label_map_that_does_not_fit_is_refused(pipeline: str, label_map: dict[str, str], reason: str) -> None:
    """A label that neither side has is a typo: the way out lists the labels of the pipeline."""
    with pytest.raises(ProjectFileError, match=reason) as caught:
        asking(pipeline, label_map)

    assert "GPE, PER" in caught.value.todo


def test_a_pipeline_that_is_not_installed_is_refused_with_the_way_out() -> None:
    """The message names it, and the way out shows how to install it."""
    with pytest.raises(ProjectFileError, match="'en_core_web_none' cannot be loaded") as caught:
        asking("en_core_web_none", {"GPE": "LOCATION"})

    assert "python -m spacy download en_core_web_none" in caught.value.todo
