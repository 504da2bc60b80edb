"""Tokens: newswire glue is cut by rules that are saved with the pipeline, the rest in the reference."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from labeling.errors import ProjectFileError
from labeling.tokens import (
    NEWSWIRE,
    apply_newswire_rules,
    cut_tokens,
    make_tokenizer,
    register_tokenizer,
    token_edges,
    tokens_touching,
)

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

HERE = Path(__file__).parent
SHARED = HERE.parents[1] / "shared"
ENGLISH = make_tokenizer("en")
GLUED = "The Region (IOR).Both met @MoFAmvtoday, India-#Maldives, G7+EU."

# Written out by hand: what a reader would call the words and signs.
GLUE = {
    "Region (IOR).Both sides": "Region ( IOR ) . Both sides",
    "a press release.The Indian": "a press release . The Indian",
    "#India-#Maldives JWG": "# India - # Maldives JWG",
    "#India#Maldives": "# India # Maldives",
    "U.S.-China talks": "U.S. - China talks",
    "the U.S.-led force": "the U.S. - led force",
    "U.S./UK": "U.S. / UK",
    "MOSCOW(Reuters)": "MOSCOW ( Reuters )",
    "Secretary(West), he": "Secretary ( West ) , he",
    "EU27 and G7+EU": "EU 27 and G7 + EU",
    "Nord Stream2": "Nord Stream 2",
    "mid-2016": "mid - 2016",
    "at @MoFAmvtoday with H.E.@ForeignSec": "at @ MoFAmvtoday with H.E. @ ForeignSec",
    "stay in Male\u2019.The MoU": "stay in Male \u2019 . The MoU",
    "\u201cWe agree,\u201dhe said.\u201dThe other": "\u201c We agree , \u201d he said . \u201d The other",
    "in 2017.The": "in 2017 . The",
    "Monday,India": "Monday , India",
    "cooperation on trade\u2013security": "cooperation on trade \u2013 security",
    "Mosul\u200e, and": "Mosul \u200e , and",
    "92,000 asylum claim- 'legacy": "92,000 asylum claim - ' legacy",
}

# What a rule must not break.
WHOLE = [
    "O\u2019Brien",
    "U.S.",
    "G20",
    "F-16s",
    "COVID-19",
    "a.b@mfa.gov.mv",
    "https://t.co/aBc.De",
    "www.state.gov",
    "AT&T",
]


@pytest.mark.parametrize("text", GLUE)
def test_newswire_rules_cut_glue(text: str) -> None:
    """Each glued text is cut into the tokens that a reader would name."""
    assert " ".join(token.text for token in ENGLISH.make_doc(text)) == GLUE[text]


@pytest.mark.parametrize("word", WHOLE)
def test_newswire_rules_keep_words_whole(word: str) -> None:
    """Names with apostrophes, abbreviations, types, addresses: one token each, as in spaCy without our rules."""
    assert [token.text for token in ENGLISH.make_doc(word)] == [word]


def test_adding_the_rules_is_idempotent() -> None:
    """A second time changes nothing: training resumed from a trained pipeline cuts as before."""
    nlp = make_tokenizer("en")
    once = [token.text for token in nlp.make_doc(GLUED)]
    apply_newswire_rules(nlp)

    assert [token.text for token in nlp.make_doc(GLUED)] == once


@given(st.text(alphabet="a1.:@/", max_size=30))
def test_what_an_address_is_stays_spacys_own(word: str) -> None:
    """Our expression for it is another, which is tried in one pass."""
    assert bool(_match_address(ENGLISH, word)) == bool(_match_address(spacy.blank("en"), word))


@pytest.mark.parametrize("unit", [":a", "12:30", "a@", "http://a.b/", "@a.", "a.b:"])
def test_a_long_word_is_tried_as_an_address_in_one_pass(unit: str) -> None:
    """Two million characters: with spaCy's own expression, colons take hours."""
    assert not _match_address(ENGLISH, unit * (2_000_000 // len(unit)) + " ")


@pytest.mark.parametrize("language", ["xx", "de", "ar", "ru"])
def test_other_languages_keep_their_own_rules(language: str) -> None:
    """The newswire rules are added to the rules of a language."""
    texts = [token.text for token in make_tokenizer(language).make_doc("MOSCOW(Reuters) #India-#Maldives")]

    assert texts == ["MOSCOW", "(", "Reuters", ")", "#", "India", "-", "#", "Maldives"]


@pytest.mark.parametrize("language", ["zh", "tlh"])
def test_a_language_without_rules_is_refused(language: str) -> None:
    """Chinese is not cut by rules, and spaCy does not know Klingon: the error names the key to change."""
    with pytest.raises(ProjectFileError, match=language) as refused:
        make_tokenizer(language)

    assert refused.value.where == "project.language"


def test_the_rules_are_saved_with_the_pipeline(tmp_path: Path) -> None:
    """A pipeline initialised with our callback and saved cuts the same where this package cannot be imported."""
    register_tokenizer()
    register_tokenizer()
    nlp = spacy.blank("en", config={"initialize": {"before_init": {"@callbacks": NEWSWIRE}}})
    nlp.add_pipe("ner").add_label("X")  # type: ignore[attr-defined]  # a component of spaCy's is untyped
    nlp.initialize()
    nlp.to_disk(tmp_path)
    program = (
        "import sys; sys.modules['labeling'] = None\n"
        "import spacy, json\n"
        "print(json.dumps([token.text for token in spacy.load(sys.argv[1]).make_doc(sys.argv[2])]))"
    )
    # The child must not see the checkout, nor fail for warnings of its own.
    answer = subprocess.run(
        [sys.executable, "-I", "-c", program, str(tmp_path), GLUED], capture_output=True, check=True, timeout=120
    )

    assert json.loads(answer.stdout) == [token.text for token in ENGLISH.make_doc(GLUED)]
    assert json.loads(answer.stdout) != [token.text for token in spacy.blank("en").make_doc(GLUED)]


def test_spacy_finds_the_rules_of_an_installed_package() -> None:
    """`spacy train` needs no `--code`: the package names the callback in an entry point of spaCy's group."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, name = project["entry-points"]["spacy_callbacks"][NEWSWIRE].split(":")

    assert getattr(importlib.import_module(module), name)() is apply_newswire_rules


def test_a_name_glued_to_a_handle_is_cut_in_the_reference() -> None:
    """No rule can know where `ForeignSecMV` ends and `Ahmed` begins; the span does."""
    doc = ENGLISH.make_doc("H.E. @ForeignSecMVAhmed Latheef.")
    reference = cut_tokens(doc, token_edges(doc), [(18, 31)])

    assert doc.char_span(18, 31) is None
    span = reference.char_span(18, 31)
    assert span is not None
    assert span.text == "Ahmed Latheef"
    assert [token.text for token in reference] == ["H.E.", "@", "ForeignSecMV", "Ahmed", "Latheef", "."]


def test_a_blank_at_the_edge_of_a_span_becomes_a_token() -> None:
    """`people ` with its blank is a span of two tokens; the blank before it too, when drawn."""
    doc = ENGLISH.make_doc("the people on")

    assert [token.text_with_ws for token in cut_tokens(doc, token_edges(doc), [(4, 11)])] == [
        "the ",
        "people",
        " ",
        "on",
    ]
    assert [token.text_with_ws for token in cut_tokens(doc, token_edges(doc), [(3, 10)])] == [
        "the",
        " ",
        "people ",
        "on",
    ]


def test_cutting_aligned_spans_returns_the_same_doc() -> None:
    """Aligned spans cost nothing."""
    doc = ENGLISH.make_doc("India and Maldives")

    assert cut_tokens(doc, token_edges(doc), [(0, 5), (10, 18), (0, 18)]) is doc


def test_tokens_touching_excludes_neighbours() -> None:
    """Tokens that have a character in a stretch, without those that only meet it."""
    starts, ends = token_edges(ENGLISH.make_doc("India and Maldives"))

    assert (starts, ends) == ([0, 6, 10], [5, 9, 18])
    assert list(tokens_touching(starts, ends, 5, 6)) == []
    assert list(tokens_touching(starts, ends, 4, 7)) == [0, 1]
    assert list(tokens_touching(starts, ends, 6, 9)) == [1]


PIECES = st.sampled_from(
    (
        *("India", " ", "  ", "\n", "\t", "(IOR).Both", "U.S.-China", "EU27", "@X", "#A-#B", ".", "\u2019"),
        *("\U0001f44d\U0001f3fd", "e\u0301", "\u0627\u0644\u0647\u0646\u062f", "\u200d", "\u200b", "\xa0"),
    )
)
TEXTS = st.lists(PIECES | st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30).map("".join)


@given(TEXTS, st.data())
def test_cut_makes_every_span_whole_tokens(text: str, data: st.DataObject) -> None:
    """Whatever the text and the spans: same text, each span consists of tokens, and only their boundaries are new."""
    places = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).filter(lambda place: place[0] < place[1])
    spans = data.draw(st.lists(places, max_size=8)) if text else []
    doc = ENGLISH.make_doc(text)
    reference = cut_tokens(doc, token_edges(doc), spans)

    assert reference.text == text
    for start, end in spans:
        found = reference.char_span(start, end)
        assert found is not None
        assert found.text == text[start:end]
    assert _edges(doc) <= _edges(reference) <= _edges(doc) | {edge for span in spans for edge in span} | _blanks(doc)


def test_the_saved_tokenizer_has_the_expression_of_spacy_for_addresses() -> None:
    """Else the bytes of every dataset would follow from how we match, though its tokens are the same."""
    assert _saved_address_pattern(ENGLISH) == _saved_address_pattern(spacy.blank("en"))


def _saved_address_pattern(nlp: Language) -> object:
    return nlp.tokenizer.url_match.__self__.pattern  # type: ignore[union-attr]  # a compiled class


def _match_address(nlp: Language, word: str) -> object:
    return nlp.tokenizer.url_match(word)  # type: ignore[union-attr]  # a compiled class


def _edges(doc: Doc) -> set[int]:
    starts, ends = token_edges(doc)
    return {*starts, *ends}


def _blanks(doc: Doc) -> set[int]:
    """The ends of the single blanks that belong to the token before them."""
    return {token.idx + len(token) + 1 for token in doc if token.whitespace_}


def _shared(path: str) -> Path:
    if not (SHARED / path).exists():
        pytest.skip(f"../shared/{path} is not here")
    return SHARED / path


def _unreached(spans: list[tuple[str, int, int]]) -> tuple[int, int, int]:
    """How many (text, start, end) do not consist of tokens in blank English, with our rules, after cutting."""
    blank, ours = spacy.blank("en"), ENGLISH
    by_text: dict[str, list[tuple[int, int]]] = {}
    for text, start, end in spans:
        by_text.setdefault(text, []).append((start, end))
    counts = [0, 0, 0]
    for text, places in by_text.items():
        doc = ours.make_doc(text)
        docs = blank.make_doc(text), doc, cut_tokens(doc, token_edges(doc), places)
        for number, each in enumerate(docs):
            counts[number] += sum(each.char_span(*place) is None for place in places)
    return counts[0], counts[1], counts[2]


def test_the_rules_reach_all_spans_of_the_seed_articles() -> None:
    """Of 112 spans drawn by hand on both seed articles, blank English cannot reach 7; the rules alone reach all."""
    articles = _shared("articles")
    drawn = json.loads((HERE / "data" / "seed_articles.json").read_text(encoding="utf-8"))
    spans = [
        ((articles / f"{name}.txt").read_text(encoding="utf-8"), start, end)
        for name, places in drawn.items()
        for start, end, _ in places
    ]

    assert (len(spans), *_unreached(spans)) == (112, 7, 0, 0)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        # The two left over end with a blank that a line break follows.
        (["re3d/uk_government.jsonl", "re3d/centcom.jsonl"], (1701, 6, 2, 0)),
        (["gum_news/news.jsonl"], (4509, 1, 0, 0)),
    ],
)
def test_unreachable_spans_of_real_corpora(files: list[str], expected: tuple[int, int, int, int]) -> None:
    """How many spans of each corpus blank English, our rules, and cutting cannot reach."""
    rows = [
        json.loads(line)
        for file in files
        for line in _shared(f"corpora/{file}").read_text(encoding="utf-8").splitlines()
    ]
    spans = [
        (row["text"], span["start"], span["end"])
        for row in rows
        for span in row["spans"]
        if span.get("confidence", 1) >= 0.5
    ]

    assert (len(spans), *_unreached(spans)) == expected
