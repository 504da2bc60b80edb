"""The measures: fractions that can be redone by hand, and the same numbers as other rulers."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import made
import pytest

from labeling import __version__
from labeling.annotations import Annotation, Gold, GoldSpan, Span, surface_of
from labeling.evaluation.resampling import Bootstrap
from labeling.evaluation.scores import ScoredArticle, score_spans
from labeling.splits.leakage import SplitArticle, certify_splits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

TEXT = "x" * 99
WNUT17 = Path(__file__).parents[2] / "../shared/corpora/wnut17"
WNUT17_LABELS = ("person", "location", "group", "corporation", "product", "creative-work")

# The official micro F1 of the seven systems of the shared task, in percent.
OFFICIAL = {
    "uh_ritual": 41.86,
    "spinningbytes.txt": 40.78,
    "sjtu_adapt.txt": 40.42,
    "arcada": 39.98,
    "flytxt": 38.35,
    "mic-cis.txt": 37.06,
    "drexel_cci": 26.30,
}


def span(start: int, end: int, label: str = "A") -> Span:
    """A span whose id is its place."""
    return Span(id=f"{label}{start}-{end}", start=start, end=end, label=label)


def judged(gold: Iterable[Span], predicted: Iterable[Span], name: str = "a", group: str = "") -> ScoredArticle:
    """An article of x's."""
    return scored_article(TEXT, gold, predicted, name, group)


def scored_article(
    text: str, gold: Iterable[Span], predicted: Iterable[Span], name: str = "a", group: str = "", **more: object
) -> ScoredArticle:
    """An article with spans of gold and of a model; ``more`` are other fields of gold."""
    article = made.article(name, text)
    spans = tuple(GoldSpan(**each.model_dump(exclude={"note"}), rule="single", by=("ana",)) for each in gold)
    true = Gold(article=name, digest=article.digest, complete="open" not in more, spans=spans)
    prediction = Annotation(article=name, digest=article.digest, annotator="m", spans=tuple(predicted))
    return ScoredArticle(article, group or name, true.model_copy(update=more), prediction)


def decoded(tags: Sequence[str]) -> Iterator[Span]:
    """Spans of token numbers from tags: an I- that continues nothing of its label begins a span."""
    start, label = 0, ""
    for number, tag in enumerate([*tags, "O"]):
        prefix, _, name = tag.partition("-")
        if label and (prefix != "I" or name != label):
            yield span(start, number, label)
            label = ""
        if name and not label:
            start, label = number, name


def tagged_sentences(path: Path) -> list[list[str]]:
    """The tags of each sentence of a file with a token and a tag a line, empty lines between sentences."""
    blocks = path.read_bytes().decode("utf-8").replace("\r\n", "\n").split("\n\n")
    return [[line.split()[-1] for line in block.split("\n") if line.strip()] for block in blocks if block.strip()]


# Gold has four A and two B. Predicted are five: two exact, an A with a wrong end, an A for a B, one from nowhere.
ONE = judged(
    [span(0, 5), span(10, 15), span(20, 25), span(30, 35), span(40, 45, "B"), span(50, 55, "B")],
    [span(0, 5), span(10, 15), span(20, 24), span(40, 45, "A"), span(60, 65, "B")],
)


def test_precision_recall_and_f1_by_hand() -> None:
    """Exact, by position, overlapping: each count and each fraction can be redone on paper."""
    score = score_spans("m", [ONE], ["A", "B"])

    exact = score.exact.micro
    assert (exact.precision, exact.recall, exact.f1) == (2 / 5, 2 / 6, 4 / 11)
    assert (score.position.micro.precision, score.position.micro.recall) == (3 / 5, 3 / 6)
    assert (score.overlapping.micro.precision, score.overlapping.micro.recall) == (3 / 5, 3 / 6)
    assert (score.exact.labels["A"].precision, score.exact.labels["A"].recall) == (2 / 4, 2 / 4)
    assert (score.exact.labels["B"].precision, score.exact.labels["B"].recall) == (0 / 1, 0 / 2)
    assert score.overlapping.labels["A"].f1 == 2 * 3 / (4 + 4)


def test_undefined_measures_have_a_reason() -> None:
    """Nothing divided by nothing is None with the reason, not 0 and not 1."""
    nothing = score_spans("m", [judged([], [])], ["A"]).exact.micro
    only_gold = score_spans("m", [judged([span(0, 5)], [])], ["A"]).exact.micro
    only_predicted = score_spans("m", [judged([], [span(0, 5)])], ["A"]).exact.micro

    assert (nothing.precision, nothing.recall, nothing.f1) == (None, None, None)
    assert "precision: nothing was predicted; recall: gold has none; f1: neither has any" in nothing.undefined
    assert (only_gold.precision, only_gold.recall, only_gold.f1) == (None, 0.0, 0.0)
    assert (only_predicted.precision, only_predicted.recall, only_predicted.f1) == (0.0, None, 0.0)


@pytest.mark.parametrize(
    ("gold", "predicted", "groups", "reason"),
    [
        ([], [], "ab", "neither has any"),
        ([], [], "a", "neither has any"),
        ([(0, 5)], [], "a", "one leak group, and a resample needs two"),
        ([(0, 5)], [], "ab", ""),
    ],
)
def test_why_f1_has_no_interval(
    gold: list[tuple[int, int]], predicted: list[tuple[int, int]], groups: str, reason: str
) -> None:
    """It has no value, or there is only one leak group; with two leak groups it has an interval."""
    scored = [judged([span(*each) for each in gold], [span(*each) for each in predicted], group) for group in groups]

    assert score_spans("m", scored, ["A"]).exact.micro.why_no_interval == reason


def test_predictions_in_open_stretches_are_not_counted() -> None:
    """A lone prediction that touches an open stretch is not counted; one beside it, or one that gold has, is."""
    gold = [span(0, 9)]
    predicted = [span(0, 9), span(4, 6), span(6, 8), span(20, 25)]
    article = scored_article(TEXT, gold, predicted, open=((2, 6),))

    measure = score_spans("m", [article], ["A"]).exact.micro

    assert (measure.pairs, measure.gold, measure.predicted) == (1, 1, 3)


def test_measures_of_seen_and_unseen_surfaces() -> None:
    """A span is seen when the same words bore the same label in training."""
    text = "Delhi and Paris and Delhi"
    gold = [span(0, 5), span(10, 15), span(20, 25, "B")]
    article = scored_article(text, gold, [span(0, 5), span(16, 19)])

    score = score_spans("m", [article], ["A", "B"], trained_on={("A", "delhi"), ("A", "and")})

    assert score.exact.seen is not None
    assert score.exact.unseen is not None
    assert (score.exact.seen.precision, score.exact.seen.recall) == (1 / 2, 1 / 1)
    assert (score.exact.unseen.gold, score.exact.unseen.pairs, score.exact.unseen.precision) == (2, 0, None)


def test_seen_surfaces_are_those_of_the_leakage_certificate() -> None:
    """Scores and leakage.json count one notion of a surface: the words, whatever their case and the blanks."""
    text, gold = "UNITED\n  Kingdom", [span(0, 16)]
    training = SplitArticle("t", "United Kingdom", "train", frozenset({surface_of("A", "United Kingdom")}))
    test = SplitArticle("a", text, "test", frozenset({surface_of("A", text)}))

    overlap = certify_splits([training, test], (), 12, "seed").splits.overlaps[1]
    score = score_spans("m", [scored_article(text, gold, gold)], ["A"], trained_on=training.surfaces)

    assert (overlap.one, overlap.other, overlap.surfaces, overlap.surfaces_seen) == ("train", "test", 1, 1)
    assert score.exact.seen is not None
    assert score.exact.unseen is not None
    assert (score.exact.seen.gold, score.exact.unseen.gold) == (1, 0)


def test_without_training_surfaces_nothing_is_separated() -> None:
    """Without training surfaces there are no measures of seen and unseen."""
    score = score_spans("m", [ONE], ["A"])

    assert (score.exact.seen, score.exact.unseen) == (None, None)


def test_signature_holds_all_that_a_number_depends_on() -> None:
    """Rule, layer, resamples, seed, unit, version and corpus stand in it, in that order."""
    score = score_spans("m", [ONE], ["A"], corpus="9f3c", bootstrap=Bootstrap(resamples=10, seed=7))

    assert score.overlapping.signature == (
        f"match:overlapping|layer:spans|boot:10|seed:7|resample:leak group|labeling:{__version__}|corpus:9f3c"
    )


def test_one_leak_group_has_no_interval() -> None:
    """Copies of one text are one observation, which does not show what other texts would give."""
    copies = [judged([span(0, 5)], [span(0, 5)], name, group="g") for name in "abc"]

    measure = score_spans("m", copies, ["A"]).exact.micro

    assert measure.f1 == 1.0
    assert measure.f1_interval is None
    assert "one leak group, and a resample needs two" in measure.undefined
    assert measure.why_no_interval == "one leak group, and a resample needs two"


def test_forty_copies_leave_the_interval_as_it_is() -> None:
    """Every article forty times in its leak group: forty times the spans, and not a hair's breadth of the interval."""
    found = [judged([span(0, 5), span(9, 12)], [span(0, 5)][: n % 3], f"{n}") for n in range(30)]
    copied = [
        replace(each, article=each.article.model_copy(update={"id": f"{each.article.id}/{n}"}))
        for each in found
        for n in range(40)
    ]
    apart = [replace(each, leak_group=each.article.id) for each in copied]

    one, forty, naive = (score_spans("m", each, ["A"]) for each in (found, copied, apart))

    assert (forty.articles, forty.leak_groups, forty.exact.micro.gold) == (1200, 30, 40 * one.exact.micro.gold)
    assert forty.exact.micro.f1_interval == one.exact.micro.f1_interval
    low, high = naive.exact.micro.f1_interval or (0.0, 0.0)
    wide, wider = one.exact.micro.f1_interval or (0.0, 0.0)
    assert high - low < (wider - wide) / 4


def test_interval_by_counting_every_resample() -> None:
    """With two leak groups, recall 1 and 0, resamples have recall 0, 1/2 and 1, in 1/4, 1/2 and 1/4 of all cases.

    The 2.5th percentile is then 0 and the 97.5th is 1.
    """
    two = [judged([span(0, 5)], [span(0, 5)], "a"), judged([span(0, 5)], [], "b")]

    measure = score_spans("m", two, ["A"]).exact.micro

    assert measure.recall == 1 / 2
    assert measure.recall_interval == (0.0, 1.0)


def test_interval_is_near_the_normal_one() -> None:
    """For 400 articles with one span each, half of them found, recall is 1/2 give or take 1.96 * sqrt(1/4 / 400)."""
    articles = [judged([span(0, 5)], [span(0, 5)][: n % 2], f"{n}") for n in range(400)]

    interval = score_spans("m", articles, ["A"]).exact.micro.recall_interval

    assert interval == pytest.approx((0.5 - 0.049, 0.5 + 0.049), abs=0.006)


def test_intervals_repeat_and_do_not_depend_on_order() -> None:
    """The same seed gives the same interval, whatever order articles come in; another seed gives another."""
    articles = [judged([span(0, 5)], [span(0, 5)][: n % 3], f"{n}") for n in range(50)]

    first = score_spans("m", articles, ["A"])

    assert first == score_spans("m", reversed(articles), ["A"])
    assert first != score_spans("m", articles, ["A"], bootstrap=Bootstrap(seed=2))


@pytest.mark.skipif(not WNUT17.exists(), reason="the WNUT-17 submissions are not on this machine")
@pytest.mark.parametrize("system", OFFICIAL)
def test_published_scores_of_wnut17(system: str) -> None:
    """The seven systems of the shared task get the F1 that was published, to two decimals."""
    gold = tagged_sentences(WNUT17 / "emerging.test.annotated")
    tags = tagged_sentences(WNUT17 / "submissions" / system)
    articles = [
        judged(decoded(one), decoded(other), f"{n}") for n, (one, other) in enumerate(zip(gold, tags, strict=True))
    ]

    measures = score_spans(system, articles, WNUT17_LABELS, bootstrap=Bootstrap(resamples=100)).exact

    assert measures.micro.gold == 1079
    assert measures.micro.f1 is not None
    assert round(100 * measures.micro.f1, 2) == OFFICIAL[system]
    assert sum(measure.pairs for measure in measures.labels.values()) == measures.micro.pairs


def test_seqeval_agrees_on_random_taggings() -> None:
    """On random BIO taggings micro and per label measures are those of seqeval, another ruler."""
    from seqeval.metrics import classification_report

    draw = random.Random(17)  # noqa: S311 - random taggings, no secret
    for _ in range(40):
        gold = [draw.choices(["O", "B-A", "I-A", "B-B", "I-B"], k=30) for _ in range(5)]
        tags = [[draw.choice([tag, "O", "B-A", "I-B"]) for tag in sentence] for sentence in gold]
        theirs = classification_report(gold, tags, output_dict=True, zero_division=0)
        articles = [
            judged(decoded(one), decoded(other), f"{n}") for n, (one, other) in enumerate(zip(gold, tags, strict=True))
        ]
        ours = score_spans("m", articles, ["A", "B"], bootstrap=Bootstrap(resamples=2)).exact
        for name, measure in {"micro avg": ours.micro, **ours.labels}.items():
            expected = [theirs[name][which] for which in ("precision", "recall", "f1-score")]
            assert [measure.precision or 0.0, measure.recall or 0.0, measure.f1 or 0.0] == pytest.approx(expected)
            assert theirs[name]["support"] == measure.gold


def test_scikit_learn_agrees_on_labels_of_the_same_stretches() -> None:
    """Where both mark the same stretches, each label is a class: precision, recall and F1 are scikit-learn's."""
    from sklearn.metrics import precision_recall_fscore_support

    draw, labels = random.Random(29), ["A", "B", "C"]  # noqa: S311 - random labels, no secret
    for _ in range(20):
        gold, said = ([draw.choices([*labels, ""], k=12) for _ in range(4)] for _ in range(2))
        drawn = [
            [[span(9 * n, 9 * n + 5, each) for n, each in enumerate(row) if each] for row in rows]
            for rows in (gold, said)
        ]
        articles = [judged(one, other, f"{n}") for n, (one, other) in enumerate(zip(*drawn, strict=True))]
        ours = score_spans("m", articles, labels, bootstrap=Bootstrap(resamples=2)).exact
        flat = [[each for row in rows for each in row] for rows in (gold, said)]
        theirs = precision_recall_fscore_support(*flat, labels=labels, zero_division=0.0)
        micro = precision_recall_fscore_support(*flat, labels=labels, average="micro", zero_division=0.0)
        for measure, wanted in [
            *zip([ours.labels[label] for label in labels], zip(*theirs, strict=True), strict=True),
            (ours.micro, micro),
        ]:
            assert [measure.precision or 0.0, measure.recall or 0.0, measure.f1 or 0.0] == pytest.approx(wanted[:3])
