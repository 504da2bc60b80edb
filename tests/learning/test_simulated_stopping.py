"""Trials of stopping: what the verdict sees and what is true, and what is counted from them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from simulate_stopping import main
from simulated.sentences import read_sentences
from simulated.stopping_figures import JudgedRound, describe_coverage, describe_stopping
from simulated.stopping_trials import TrialPlan, TrialRound, mark_corpus, run_trial

from labeling.evaluation.scores import ScoredArticle, count_paired, pair_article
from labeling.workspace.rows.learning_rows import Outlook, StoppingVerdict

SHARED = Path(__file__).parents[3] / "shared" / "corpora"

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="the corpora under ../shared are not here")


def judged(labelled: int, gain: float, interval: tuple[float, float], verdict: StoppingVerdict) -> JudgedRound:
    """A round with a verdict."""
    return JudgedRound(labelled, Outlook(articles=50, gain=0.02, interval=interval, verdict=verdict), gain)


def test_sentences_of_both_corpora_have_their_spans() -> None:
    """Spans lie within their sentence and none overlaps another; no sentence is there twice."""
    for name in ("crossner_politics", "re3d"):
        sentences = read_sentences(SHARED / name)
        assert len(sentences) > 400
        assert len({article.text for article, _ in sentences}) == len(sentences)
        for article, truth in sentences:
            ends = [0, *(span.end for span in truth.spans)]
            assert all(end <= span.start for end, span in zip(ends, truth.spans, strict=False))
            assert ends[-1] <= len(article.text)


def test_the_first_sentence_is_as_published() -> None:
    """CrossNER's tokens with blanks between them, and its spans are what is tagged."""
    rows = (SHARED / "crossner_politics" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    article, truth = read_sentences(SHARED / "crossner_politics")[0]

    assert article.text == " ".join(json.loads(rows[0])["tokens"])
    words = [word for span in truth.spans for word in article.text[span.start : span.end].split(" ")]
    tagged = zip(json.loads(rows[0])["tokens"], json.loads(rows[0])["tags"], strict=True)
    assert words == [token for token, tag in tagged if tag != "O"]


def test_a_trial_counts_as_the_ruler_does_and_is_the_same_each_time() -> None:
    """The counts of a round are those of our own scores; the rounds of one seed are the same to the last digit."""
    sentences = read_sentences(SHARED / "re3d")[:120]
    corpus, plan = mark_corpus(sentences), TrialPlan(test=30, sizes=(16, 32), horizon=10, draws=2)
    rounds = run_trial(corpus, plan, 1)

    assert rounds == run_trial(corpus, plan, 1)
    assert rounds != run_trial(corpus, plan, 2)
    assert [each.labelled for each in rounds] == [16, 32, 42]
    assert [len(each.runs) for each in rounds] == [7, 7, 0]
    assert [len(each.gain) for each in rounds] == [2, 2, 0]
    tagger, numbers = corpus.train(range(60), 1), range(60, 90)
    found = tagger.predict([corpus.prepared[number] for number in numbers])
    ours = count_paired(
        pair_article(ScoredArticle(sentences[number][0], str(number), sentences[number][1], each), "exact")
        for number, each in zip(numbers, found, strict=True)
    )
    totals = [
        [sum(counts.get(label, [0, 0, 0])[n] for counts in ours.values()) for n in range(3)] for label in corpus.labels
    ]
    assert corpus.count(tagger, numbers).sum(axis=0).tolist() == totals
    assert sum(row[0] for row in totals) > 0


def test_figures_are_counted_from_trials() -> None:
    """Two trials of two rounds: one interval of four misses; one trial is stopped at 50 of 150, at a loss of 0.1."""
    trials = [
        [TrialRound(size, (), f1, (), {}) for size, f1 in ((50, one), (100, 0.6), (150, 0.6))] for one in (0.5, 0.3)
    ]
    verdicts = [
        [judged(50, 0.005, (0.0, 0.009), "stop"), judged(100, 0.005, (0.0, 0.02), "cannot tell")],
        [judged(50, 0.3, (0.0, 0.2), "cannot tell"), judged(100, 0.03, (0.02, 0.04), "go on")],
    ]

    coverage = [line.split() for line in describe_coverage(verdicts)]
    stopping = {line[:30].strip(): line[30:].split() for line in describe_stopping(trials, verdicts, 50, 0.01)}

    assert coverage[1][:3] == ["50", "50.0%", "15.25"]
    assert coverage[-1][:2] == ["all", "75.0%"]
    assert coverage[-1][-5:] == ["1", "/", "1", "/", "2"]
    # One of two trials saves two thirds of the articles; 0.1 and 0 are lost. The best of both is at 100: 0.6, at a cost
    # of 0.01 more than at 50 and 0.01 less than at 150. Regret is 0.6 - 0.01 - 0.5 in one, 0.01 in the other.
    assert stopping["at the verdict"] == ["100", "33.3%", "5.00", "10.00", "5.00", "1"]
    assert stopping["where it is true"] == ["100", "33.3%", "5.00", "10.00", "5.00", "1"]
    assert stopping["at 50"] == ["50", "66.7%", "20.00", "30.00", "19.00", "2"]
    assert stopping["at 150"] == ["150", "0.0%", "0.00", "0.00", "1.00", "0"]


def test_a_quick_run_goes_through_and_keeps_its_trials(tmp_path: Path) -> None:
    """One small trial of each corpus; the second time none is made, and the figures are the same."""
    kept = tmp_path / "trials.jsonl"
    options = ["--quick", "--corpora", str(SHARED), "--kept", str(kept)]
    first, second = (CliRunner().invoke(main, options, catch_exceptions=False).output for _ in range(2))

    assert first == second
    assert len(kept.read_text(encoding="utf-8").splitlines()) == 2
    assert "crossner: 1 trials, 40 test articles, the next 20" in first
    assert "at the verdict" in first
