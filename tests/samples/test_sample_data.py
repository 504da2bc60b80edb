"""The sample articles have the warts they promise; their annotations fit them exactly, and each conflict is decided."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import made
import pytest
import trafilatura

from labeling.adjudication.checks import check_annotation
from labeling.adjudication.gold import AdjudicationRules, reconcile_annotations
from labeling.adjudication.versions import decide_conflict
from labeling.project import load_project, shipped_config
from labeling.samples import sample_data
from labeling.sources.files import Arrival, read_articles
from labeling.sources.inputs import find_source_files
from labeling.sources.opened_text import IngestOptions, Remark
from labeling.values import digest_of
from labeling.workspace.asking import Asking

if TYPE_CHECKING:
    from labeling.annotations import Annotation
    from labeling.schema import Schema

FOLDER = sample_data.articles_folder()
APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}"
WINDOWS = "nordlys-post/sanctions-drone-parts"
EU_INDIA = "https://briefs.example/eu-india-round"

COMMISSION = {
    "island-ledger/joint-commission-victoria",
    "harbour-times/sri-lanka-seychelles-maritime",
    "wire/joint-commission-0312",
}
TRUCE = {"rift-herald/truce-signed-nairobi", "capital-gazette/upper-nile-truce", "wire/upper-nile-0517"}
SANCTIONS = {WINDOWS, "wire/drone-parts-0420"}
FOOTER = {"northern-desk/energy-ministers-tallinn", "northern-desk/second-secretary-expelled"}


def _texts() -> dict[str, str]:
    """Read the folder without the project's own reader: id -> text."""
    texts: dict[str, str] = {}
    for path in FOLDER.rglob("*.txt"):
        name = path.relative_to(FOLDER).with_suffix("").as_posix()
        raw = path.read_bytes().decode("cp1252" if name == WINDOWS else "utf-8-sig")
        texts[name] = raw.replace("\r\n", "\n")
    rows = [json.loads(line) for line in (FOLDER / "wire.jsonl").read_text(encoding="utf-8").splitlines()]
    with (FOLDER / "briefs.csv").open(encoding="utf-8", newline="") as lines:
        rows += list(csv.DictReader(lines))
    texts |= {row["id"] or row["url"]: row["text"] for row in rows}
    page = FOLDER / "alpine-review" / "water-conference.html"
    texts["alpine-review/water-conference"] = str(trafilatura.extract(page.read_text(encoding="utf-8")))
    return texts


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Every article's text by id."""
    return _texts()


@pytest.fixture(scope="module")
def samples() -> list[Annotation]:
    """The annotations of ana and ben."""
    return sample_data.load_sample_annotations()


@pytest.fixture(scope="module")
def schema() -> Schema:
    """The shipped schema."""
    return load_project(shipped_config("diplomatic.toml")).schema


def _by(annotator: str, samples: list[Annotation]) -> dict[str, Annotation]:
    return {annotation.article: annotation for annotation in samples if annotation.annotator == annotator}


def _keys(annotation: Annotation) -> set[tuple[int, int, str]]:
    return {(span.start, span.end, span.label) for span in annotation.spans}


def _runs(text: str, words: int = 15) -> set[tuple[str, ...]]:
    """All runs of that many words, by letters and digits alone."""
    kept = re.findall(r"\w+", text.casefold())
    return {tuple(kept[at : at + words]) for at in range(len(kept) - words + 1)}


def test_there_are_twenty_four_articles_and_ana_annotated_each(
    texts: dict[str, str], samples: list[Annotation]
) -> None:
    """The demo's 24 articles are all there, and ana's annotations name exactly these."""
    assert len(texts) == 24
    assert set(_by("ana", samples)) == set(texts)


def test_ingest_reads_the_same_texts_under_the_same_ids(texts: dict[str, str]) -> None:
    """The project's reader refuses nothing, guesses the one encoding that is not UTF-8, and agrees with the other."""
    items = list(read_articles(find_source_files([str(FOLDER)]).inputs, IngestOptions(max_characters=20_000)))
    articles = [item.article for item in items if isinstance(item, Arrival)]
    others = [item for item in items if not isinstance(item, Arrival)]

    assert {article.id: article.text for article in articles} == texts
    assert len(articles) == 24
    assert others == [Remark(str(FOLDER / f"{WINDOWS}.txt"), "guessed encoding", ("cp1252",))]


def test_dates_are_read_from_date_lines_and_fields() -> None:
    """The eight reprints are of the day of their press release or of the next."""
    read_in = read_articles(find_source_files([str(FOLDER)]).inputs, IngestOptions(max_characters=20_000))
    published = {item.article.id: item.article.published for item in read_in if isinstance(item, Arrival)}

    assert {published[name] for name in COMMISSION} == {"2024-03-11", "2024-03-12"}
    assert {published[name] for name in TRUCE} == {"2024-05-16", "2024-05-17"}
    assert {published[name] for name in SANCTIONS} == {"2024-04-19", "2024-04-20"}
    assert published["alpine-review/water-conference"] == "2024-11-21"
    assert published["harbour-times/correction"] == ""


def test_articles_are_as_long_as_agency_copy(texts: dict[str, str]) -> None:
    """Each has 90 to 230 words."""
    assert {name: len(text.split()) for name, text in texts.items() if not 90 <= len(text.split()) <= 230} == {}


def test_digests_are_those_of_the_texts(texts: dict[str, str], samples: list[Annotation]) -> None:
    """Every annotation was drawn on the text that is in the folder, byte for byte."""
    assert [a.article for a in samples if a.digest != digest_of(texts[a.article])] == []


def test_no_annotation_fails_a_check(texts: dict[str, str], samples: list[Annotation], schema: Schema) -> None:
    """Nothing of the samples would go to quarantine."""
    article = {name: made.article(name, text) for name, text in texts.items()}

    assert [fault for a in samples for fault in check_annotation(a, article[a.article], schema)[1]] == []


def test_spans_start_and_end_at_words_except_where_words_are_glued(
    texts: dict[str, str], samples: list[Annotation]
) -> None:
    """A slipped offset would cut a word; the only one is a name glued to a handle."""
    cut = {
        texts[a.article][span.start : span.end]
        for a in samples
        for span in a.spans
        for at in (span.start, span.end)
        if 0 < at < len(texts[a.article]) and texts[a.article][at - 1 : at + 1].isalnum()
    }

    assert cut == {"Marie-Ange Larose"}


def test_no_span_has_blanks_at_its_ends(texts: dict[str, str], samples: list[Annotation]) -> None:
    """Spans of the samples need no trimming."""
    surfaces = [texts[a.article][span.start : span.end] for a in samples for span in a.spans]

    assert [surface for surface in surfaces if surface != surface.strip()] == []


def test_every_label_and_relation_is_used_by_ana(samples: list[Annotation], schema: Schema) -> None:
    """An extractor trained on the samples has seen each label of the schema, the rarest ten times."""
    ana = _by("ana", samples).values()
    labels = Counter(span.label for a in ana for span in a.spans)

    assert set(labels) == set(schema.label_names)
    assert min(labels.values()) >= 10
    assert {r.label for a in ana for r in a.relations} == {r.name for r in schema.relations}


def test_spans_nest_three_deep(texts: dict[str, str], samples: list[Annotation]) -> None:
    """An office contains a body that contains a country, as in the guidelines."""
    name = "island-ledger/joint-commission-victoria"
    text = texts[name]
    spans = {(text[span.start : span.end], span.label) for span in _by("ana", samples)[name].spans}

    assert {
        ("Commander of the Sri Lanka Navy", "ROLE"),
        ("Sri Lanka Navy", "GOV_BODY"),
        ("Sri Lanka", "COUNTRY"),
    } <= spans


def test_only_reprints_and_the_footer_share_fifteen_words(texts: dict[str, str]) -> None:
    """Three press releases in 3, 3 and 2 outlets, and one boilerplate footer: no other two articles share a passage."""
    runs = {name: _runs(text) for name, text in texts.items()}
    sharing = {frozenset(pair) for pair in combinations(texts, 2) if runs[pair[0]] & runs[pair[1]]}

    expected = {
        frozenset(pair) for family in (COMMISSION, TRUCE, SANCTIONS, FOOTER) for pair in combinations(family, 2)
    }
    assert sharing == expected


def test_reprints_are_not_copies(texts: dict[str, str]) -> None:
    """A reprint is another article: most of its fifteen-word runs are its own."""
    for family in (COMMISSION, TRUCE, SANCTIONS):
        for one, other in combinations(sorted(family), 2):
            mine, theirs = _runs(texts[one]), _runs(texts[other])
            assert 0 < len(mine & theirs) < 0.6 * min(len(mine), len(theirs)), (one, other)


def test_line_ends_marks_and_encodings_are_as_promised() -> None:
    """One file has CRLF, one a byte order mark, one is Windows-1252 and not UTF-8."""
    crlf = [path.stem for path in FOLDER.rglob("*.*") if b"\r\n" in path.read_bytes()]
    marked = [path.stem for path in FOLDER.rglob("*.*") if path.read_bytes().startswith(b"\xef\xbb\xbf")]
    raw = (FOLDER / f"{WINDOWS}.txt").read_bytes()

    assert crlf == ["reef-patrols"]
    assert marked == ["embassy-protest-lima"]
    assert "Ingrid Sørbø" in raw.decode("cp1252")
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")


@pytest.mark.parametrize(
    ("article", "wart"),
    [
        ("island-ledger/joint-commission-victoria", "(EEZ).They"),
        ("island-ledger/joint-commission-victoria", "release.The"),
        ("harbour-times/sri-lanka-seychelles-maritime", "VICTORIA(Harbour Times)"),
        ("harbour-times/sri-lanka-seychelles-maritime", "#SriLanka-#Seychelles"),
        ("harbour-times/sri-lanka-seychelles-maritime", "@PSForeignMarie-Ange"),
        ("wire/climate-channel-0608", "U.S.-China"),
        ("wire/climate-channel-0608", "GENEVA(Meridian)"),
        (EU_INDIA, "EU27-India"),
        ("gulf-courier/diary", f"Masna{APOSTROPHE}.Border"),
        ("gulf-courier/relief-madagascar", "38\N{NO-BREAK SPACE}tonnes"),
        ("northern-desk/second-secretary-expelled", f"chargé d{APOSTROPHE}affaires"),
    ],
)
def test_samples_have_the_glue_of_newswire(texts: dict[str, str], article: str, wart: str) -> None:
    """They contain what trips tokenizers and char_span."""
    assert wart in texts[article]


def test_a_date_line_is_glued_to_the_first_sentence(texts: dict[str, str]) -> None:
    """As in the first seed article, with its leading blank."""
    assert texts["island-ledger/joint-commission-victoria"].startswith(" date 2024-03-11 Sri Lanka and")


@pytest.mark.parametrize(
    ("article", "emoji", "after"),
    [("wire/asean-haze-0703", "🔥🌏", "Laos"), ("harbour-times/sri-lanka-seychelles-maritime", "🌊🐟", "SriLanka")],
)
def test_a_span_follows_an_emoji(
    texts: dict[str, str], samples: list[Annotation], article: str, emoji: str, after: str
) -> None:
    """Offsets after an emoji are code points: counted in UTF-16 units they would point elsewhere."""
    text = texts[article]
    span = next(span for span in _by("ana", samples)[article].spans if text[span.start : span.end] == after)

    assert span.start == text.index(after) > text.index(emoji)
    assert len(text[: span.start].encode("utf-16-le")) // 2 == span.start + len(emoji)


def test_the_page_has_noise_that_is_not_annotated(texts: dict[str, str]) -> None:
    """Navigation, teasers and footer of the web page are not in the text."""
    text = texts["alpine-review/water-conference"]

    assert text.startswith("Thirty-one countries asked to Locarno\nBERN ")
    assert text.endswith("nine million francs for the conference.")
    assert "Funicular" not in text
    assert "Subscribe" not in text


def test_ben_submitted_eight_and_skipped_one(samples: list[Annotation]) -> None:
    """24 annotations by ana, 8 by ben and one that he skipped."""
    states = Counter((a.annotator, a.state) for a in samples)

    assert states == {("ana", "submitted"): 24, ("ben", "submitted"): 8, ("ben", "skipped"): 1}


def test_both_call_the_diary_unusable_and_the_correction_empty(samples: list[Annotation]) -> None:
    """A list of items is not an article; a notice with nothing to mark is rightly submitted empty."""
    for annotator in ("ana", "ben"):
        mine = _by(annotator, samples)
        assert mine["gulf-courier/diary"].choices["usable"] == ("no",)
        assert mine["harbour-times/correction"].spans == ()
        assert mine["harbour-times/correction"].state == "submitted"


def test_ana_and_ben_agree_mostly_and_differ_somewhere(samples: list[Annotation]) -> None:
    """Of all spans, counted exactly, about nine in ten are both annotators': 2 x shared / (hers + his)."""
    ana = _by("ana", samples)
    ben = {name: a for name, a in _by("ben", samples).items() if a.state == "submitted"}
    shared = sum(len(_keys(ana[name]) & _keys(ben[name])) for name in ben)
    drawn = sum(len(_keys(ana[name])) + len(_keys(ben[name])) for name in ben)

    assert 0.87 <= 2 * shared / drawn <= 0.93


def test_they_differ_in_boundary_label_and_missed_spans(samples: list[Annotation]) -> None:
    """Each kind of disagreement that adjudication must handle occurs."""
    ana, ben = _by("ana", samples), _by("ben", samples)
    hers = {(name, *key) for name in ben for key in _keys(ana[name]) - _keys(ben[name]) if ben[name].spans}
    his = {(name, *key) for name in ben for key in _keys(ben[name]) - _keys(ana[name])}
    relabelled = [(one, other) for one in hers for other in his if one[:3] == other[:3]]
    moved = [
        (one, other)
        for one in hers
        for other in his
        if one[0] == other[0] and one[3] == other[3] and one[1] < other[2] and other[1] < one[2]
    ]
    missed = [one for one in hers if not any(one[0] == o[0] and one[1] < o[2] and o[1] < one[2] for o in his)]

    assert len(relabelled) >= 2
    assert len(moved) >= 5
    assert len(missed) >= 5


def test_unsure_spans_have_a_note(samples: list[Annotation]) -> None:
    """Doubts carry a note."""
    doubts = [span for a in _by("ben", samples).values() for span in a.spans if span.unsure]

    assert len(doubts) >= 2
    assert all(span.note for span in doubts)


def test_lead_decides_each_conflict_and_nothing_stays_open(
    texts: dict[str, str], samples: list[Annotation], schema: Schema
) -> None:
    """One decision a conflict, none without one; with them all 24 articles have complete gold."""
    articles = {name: made.article(name, text) for name, text in texts.items()}
    decisions = sample_data.load_sample_decisions()
    rules = AdjudicationRules(schema, (), Asking(schema))
    before = reconcile_annotations(samples, (), articles, rules)
    after = reconcile_annotations(samples, (), articles, replace(rules, decisions=decisions))

    assert {row.id for row in before.conflicts} == {row.conflict for row in decisions}
    assert (len(decisions), len(before.conflicts), sum(row.complete for row in before.gold)) == (19, 19, 18)
    assert (len(after.conflicts), sum(row.complete for row in after.gold)) == (0, 24)
    for conflict in before.conflicts:
        (decision,) = [row for row in decisions if row.conflict == conflict.id]
        anew = decide_conflict(conflict, decision.accepted, decision.by, decision.at)
        assert anew.model_copy(update={"why": decision.why}) == decision


def test_lead_answers_by_the_guidelines_and_not_by_the_letter(samples: list[Annotation]) -> None:
    """Each kind of answer and each reason occurs, and nothing is accepted that nobody drew."""
    ana, ben = _by("ana", samples), _by("ben", samples)
    decisions = sample_data.load_sample_decisions()
    answers = Counter(row.decision for row in decisions)

    assert answers == {"a": 10, "b": 7, "neither": 2}
    assert {row.why for row in decisions} == {"", "slip", "guideline silent", "ambiguous"}
    for row in decisions:
        assert {item.key for item in row.accepted} <= _keys(ana[row.article]) | _keys(ben[row.article])
