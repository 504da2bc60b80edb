"""Tokens: newswire glue is cut by rules that are saved with the pipeline, the rest in the reference."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import spacy
from hypothesis import assume, given
from hypothesis import strategies as st

from labeling.errors import ProjectFileError
from labeling.tokens import (
    NEWSWIRE,
    NEWSWIRE_1,
    apply_first_newswire_rules,
    apply_newswire_rules,
    cut_tokens,
    inner_boundaries,
    make_tokenizer,
    register_tokenizer,
    token_edges,
    tokens_touching,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from spacy.language import Language
    from spacy.tokens import Doc

HERE = Path(__file__).parent
SHARED = HERE.parents[1] / "shared"
ENGLISH = make_tokenizer("en")
TOKENIZERS = {NEWSWIRE_1: make_tokenizer("en", NEWSWIRE_1), NEWSWIRE: ENGLISH}
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

# Footnote marks, printed against the word before: in brackets, raised, of letters, in a row, before a page, in line.
MARKS = {
    "against terrorists.[1] He": "against terrorists . [ 1 ] He",
    "al-Assad,[1] who": "al - Assad , [ 1 ] who",
    "to Iraq[12] and": "to Iraq [ 12 ] and",
    "in 2008.[1][2]": "in 2008 . [ 1 ] [ 2 ]",
    "at war,[1],[2] and": "at war , [ 1 ] , [ 2 ] and",
    "the war.[4]\u2013[6] It": "the war . [ 4 ] \u2013 [ 6 ] It",
    "the war.[1]:23 It": "the war . [ 1 ] : 23 It",
    "the war.[1]The talks": "the war . [ 1 ] The talks",
    "the war.[a] It": "the war . [ a ] It",
    "the war;[iv] it": "the war ; [ iv ] it",
    "the war.[note 1] It": "the war . [ note 1 ] It",
    "the war.[citation needed] It": "the war . [ citation needed ] It",
    "the war.[who?] It": "the war . [ who ? ] It",
    "\u201cMay 6.\u201d[3] On": "\u201c May 6 . \u201d [ 3 ] On",
    "\u201cMay 6\u201d.[3] On": "\u201c May 6 \u201d . [ 3 ] On",
    "(in Kurdish).[1] It": "( in Kurdish ) . [ 1 ] It",
    "the war.[1]\u201d he": "the war . [ 1 ] \u201d he",
    "Assad\u2019s.[3] His": "Assad \u2019s . [ 3 ] His",
    "5.5%[1] of": "5.5 % [ 1 ] of",
    "war!?[2] He": "war ! ? [ 2 ] He",
    "and so on...[2] He": "and so on ... [ 2 ] He",
    "the war.{1} It": "the war . { 1 } It",
    "the war.(1) It": "the war . ( 1 ) It",
    "the war,(2) it": "the war , ( 2 ) it",
    "the war.(a)(b) It": "the war . ( a ) ( b ) It",
    "the war.\xb9 It": "the war . \xb9 It",
    "of Iraq\xb9\xb2 and": "of Iraq \xb9\xb2 and",
    "in 2008,\xb9,\xb2 it": "in 2008 , \xb9 , \xb2 it",
    "of ISIS\xb3. It": "of ISIS \xb3 . It",
    "the war.\u2020 It": "the war . \u2020 It",
    "Assad,\u2021 who": "Assad , \u2021 who",
    "the war.\xa7 It": "the war . \xa7 It",
    "the war.* It": "the war . * It",
    "\u2020Deceased": "\u2020 Deceased",
    "\xb9See above": "\xb9 See above",
    "the terrorists.1 It": "the terrorists . 1 It",
    "Assad,2 who": "Assad , 2 who",
    "NATO.[1] It": "NATO . [ 1 ] It",
}
# The dot of an abbreviation is its own; an era's and a half day's is a token, since people leave it to the sentence.
DOTS = {
    "the U.S.[1] and": "the U.S. [ 1 ] and",
    "the U.S.,[1] and": "the U.S. , [ 1 ] and",
    "Acme Inc.[1] It": "Acme Inc. [ 1 ] It",
    "in Jan.[3] 2008": "in Jan. [ 3 ] 2008",
    "about 575 B.C. when": "about 575 B.C . when",
    "about 575 B.C., when": "about 575 B.C . , when",
    "about 575 B.C.[1] It": "about 575 B.C . [ 1 ] It",
    "(575 B.C.)": "( 575 B.C . )",
    "about 575B.C. when": "about 575 B.C . when",
    "575 B.C.E. and 70 C.E. It": "575 B.C.E . and 70 C.E . It",
    "in A.D. 70": "in A.D . 70",
    "in 70 A.D.The city": "in 70 A.D . The city",
    "at 8 p.m. The": "at 8 p.m . The",
    "at 8a.m., at 10 P.M.": "at 8 a.m . , at 10 P.M .",
    "in the U.S.The talks": "in the U.S. The talks",
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
    "D.C.",
    "Inc.",
    "J.R.R.",
    "A.D.C.",
    "km\xb2",
    "10\xb3",
    "1,000.5",
    "3.11",
    "v2.0.1",
]


@pytest.mark.parametrize("text", GLUE)
@pytest.mark.parametrize("rules", [NEWSWIRE_1, NEWSWIRE])
def test_newswire_rules_cut_glue(text: str, rules: str) -> None:
    """Each glued text is cut into the tokens that a reader would name, by the first rules and the second."""
    assert words(text, TOKENIZERS[rules]) == GLUE[text]


@pytest.mark.parametrize("text", MARKS | DOTS)
def test_footnote_marks_and_last_dots_are_tokens(text: str) -> None:
    """The word, what ends its clause, and the mark; the first rules are what they were, and leave them glued."""
    assert words(text) == (MARKS | DOTS)[text]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("terrorists.[1] He", "terrorists. [ 1 ] He"),
        ("al-Assad,[1] who", "al - Assad,[1 ] who"),
        ("575 B.C. when", "575 B.C. when"),
        ("at 8 p.m. The", "at 8 p.m. The"),
    ],
)
def test_the_first_rules_stay_what_they_were(text: str, tokens: str) -> None:
    """Datasets name the rules by which they were cut: a name never means others."""
    assert words(text, TOKENIZERS[NEWSWIRE_1]) == tokens


@pytest.mark.parametrize("word", WHOLE)
def test_newswire_rules_keep_words_whole(word: str) -> None:
    """Names with apostrophes, abbreviations, types, addresses: one token each, as in spaCy without our rules."""
    assert [token.text for token in ENGLISH.make_doc(word)] == [word]


@pytest.mark.parametrize("rules", [NEWSWIRE_1, NEWSWIRE])
@pytest.mark.parametrize("language", ["en", "de", "ru"])
def test_adding_the_rules_is_idempotent(rules: str, language: str) -> None:
    """A second time changes nothing, to the byte: training resumed from a trained pipeline cuts as before."""
    nlp = make_tokenizer(language, rules)
    once = saved(nlp)
    assert once != saved(spacy.blank(language))
    {NEWSWIRE_1: apply_first_newswire_rules, NEWSWIRE: apply_newswire_rules}[rules](nlp)

    assert saved(nlp) == once


def test_rules_of_a_later_version_are_refused() -> None:
    """A manifest may name rules that are not known here yet."""
    with pytest.raises(ProjectFileError, match="v99"):
        make_tokenizer("en", "labeling.newswire.v99")


WORDS = st.sampled_from(
    (
        "Iraq",
        "terrorists",
        "NATO",
        "Assad\u2019s",
        "2008",
        "\u0627\u0644\u0639\u0631\u0627\u0642",
        "\u0418\u0440\u0430\u043a",
        "U.S.",
        "Inc.",
        "575 B.C.",
    )
)
CLAUSE_ENDS = st.sampled_from(
    ("", ".", ",", ";", ":", "!", "?", ".\u201d", "\u201d.", '".', ").", "\u2019,", "\u2026", "?!")
)
NUMBERS = st.sampled_from(("1", "12", "123", "a", "iv", "note 1", "1, 2"))
BRACKETED = st.tuples(st.sampled_from(("[]", "()", "{}")), NUMBERS).map(
    lambda pair: f"{pair[0][0]}{pair[1]}{pair[0][1]}"
)
RAISED = st.sampled_from(("\xb9", "\xb2\xb3", "\u2020", "\u2021", "\xb9\u2070"))
# Two raised ones side by side are one: "\xb9\xb2".
NOTES = st.lists(BRACKETED | RAISED, min_size=1, max_size=4).filter(
    lambda notes: not any(one[-1] not in "])}" and other[0] not in "[({" for one, other in pairwise(notes))
)


@given(WORDS, CLAUSE_ENDS, NOTES, st.sampled_from(("", " The talks", "\n", ".", "\u201d he", " and")))
def test_a_word_and_its_footnote_marks_are_whole_tokens(word: str, end: str, notes: list[str], after: str) -> None:
    """Wherever marks are glued to a word and what ends its clause: each of them is reached, whatever follows."""
    # The dot of an abbreviation ends the sentence, too.
    assume(not (word.endswith(".") and end.startswith(".")))
    text = f"In {word}{end}{''.join(notes)}{after}"
    # spaCy takes these two for a face.
    assume(":(" not in text)
    at, places = 3 + len(word) + len(end), [(3, 3 + len(word)), (3 + len(word), 3 + len(word) + len(end))]
    for note in notes:
        places.append((at, at + len(note)))
        at += len(note)

    assert inner_boundaries(token_edges(ENGLISH.make_doc(text)), filter(lambda place: place[0] < place[1], places)) == (
        set(),
        set(),
    )


@given(
    st.sampled_from(("B.C", "A.D", "B.C.E", "C.E", "a.m", "p.m", "A.M")),
    st.sampled_from(("7", "575", "70 ", "1,200 ", "8:30 ", "the ")),
    st.sampled_from(("", " It", ",", ")", ".[1]", "[12] It", "\u201d", ";", "\xb9", "\n")),
)
def test_an_era_is_reached_with_its_last_dot_and_without(era: str, before: str, after: str) -> None:
    """It may end the sentence too, and people draw spans of both kinds."""
    text = f"In {before}{era}.{after}"
    end = 3 + len(before) + len(era)

    reached = token_edges(ENGLISH.make_doc(text))[1]
    assert {end, end + 1} <= set(reached)


@pytest.mark.parametrize(
    "unit",
    [
        *".,:!\u2026%*^[](){}\u2019\u201d\u2020\xa7\xb9-1aA",
        "[1]",
        ".[1]",
        "[1],",
        "a[1",
        "1,a",
        "B.C.",
        "U.S.",
        "war.1",
        "aaa\xb9",
        "\xb9A",
        ".\xb9",
        ",(1)",
        "\u2019s[",
    ],
)
def test_a_long_word_is_cut_in_one_pass(unit: str) -> None:
    """Each expression looks a few characters around: ten times the length takes ten times as long, not a hundred."""
    tokenizer = ENGLISH.tokenizer
    for search in (tokenizer.prefix_search, tokenizer.suffix_search, lambda word: list(tokenizer.infix_finditer(word))):  # type: ignore[union-attr]  # a compiled class
        # What else the machine does may take any one of them long; what is not linear is long each time.
        assert any(_takes_about_ten_times(search, unit) for _ in range(10))


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


@pytest.mark.parametrize(
    ("rules", "applied"), [(NEWSWIRE_1, apply_first_newswire_rules), (NEWSWIRE, apply_newswire_rules)]
)
def test_spacy_finds_the_rules_of_an_installed_package(rules: str, applied: object) -> None:
    """`spacy train` needs no `--code`: the package names the callbacks in entry points of spaCy's group."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, name = project["entry-points"]["spacy_callbacks"][rules].split(":")

    assert getattr(importlib.import_module(module), name)() is applied


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


def words(text: str, nlp: Language = ENGLISH) -> str:
    """The tokens of a text, with blanks between them."""
    return " ".join(token.text for token in nlp.make_doc(text) if not token.is_space)


def saved(nlp: Language) -> bytes:
    """The tokenizer as it is written to disk, but for the words it has met."""
    return bytes(nlp.tokenizer.to_bytes(exclude=["vocab"]))  # type: ignore[union-attr]  # a compiled class


def _takes_about_ten_times(search: Callable[[str], object], unit: str) -> bool:
    short, long = (_seconds(search, unit * (length // len(unit))) for length in (2_000, 20_000))
    return long < 30 * short + 0.1


def _seconds(search: Callable[[str], object], word: str) -> float:
    start = time.thread_time()
    search(word)
    return time.thread_time() - start


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
