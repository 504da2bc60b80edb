"""A report on which everything stands that can: all twelve answers, in names and texts that tempt a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import made

from labeling.annotations import Annotation, Gold, GoldSpan
from labeling.evaluation.scores import ScoredArticle, score_spans
from labeling.report.facts import answers, people_and_models
from labeling.report.facts.facts import Facts
from labeling.report.findings import Findings
from labeling.workspace.rows.agreements import Agreement, AnnotatorPair, Coefficient, Confusions
from labeling.workspace.rows.assignment import SPLITS, SplitAssignment
from labeling.workspace.rows.conflict import Conflict, Reading
from labeling.workspace.rows.forecast import Finish, ReadingPace
from labeling.workspace.rows.learning_rows import ActionCounts, Outlook, RoundRow
from labeling.workspace.rows.mistake import MISTAKE_KINDS
from labeling.workspace.rows.passage import ClusterRow
from labeling.workspace.rows.score import CalibrationBin, Curve, CurvePoint, Measure, Reliability, Score, Slice
from labeling.workspace.rows.score_comparison import AnnotatorChange, ScoreComparison, ScoreDifference
from labeling.workspace.rows.trust import Trust

if TYPE_CHECKING:
    from collections.abc import Sequence


SCRIPT = "<script>document.title = 'taken'</script>"
ARABIC = "مؤتمر المياه في عمّان"
EMOJI = "Talks 😀🇲🇻"
PEOPLE = ("ana", "ben", "cleo", f"dan {SCRIPT}")
LABELS = ("PERSON", "COUNTRY", "DATE")
LINK = "https://studio.example/projects/1/data?task=7"
ERRORS = 40
CONFLICTS = 30
WORDS = f"{ARABIC} {EMOJI} {SCRIPT} Oslo & Rome."


def make_findings(articles: int = 40) -> Findings:
    """A workspace of so many articles: all annotated, each with a span and a place in a split."""
    names = [f"wire/{number}" for number in range(articles)]
    of = {name: made.article(name, f"{WORDS} {name}", title=SCRIPT, source=ARABIC) for name in names}
    span = GoldSpan(id="1", start=0, end=len(ARABIC), label="PERSON", rule="unanimous", by=PEOPLE[:2])
    inside = span.model_copy(update={"id": "2", "end": 5, "label": "DATE"})
    gold = [Gold(article=name, digest=of[name].digest, complete=True, spans=(span, inside)) for name in names]
    return Findings(
        articles=of,
        annotations=[Annotation(article=name, digest=of[name].digest, annotator="ana") for name in names],
        gold=gold,
        conflicts=[_differ(name) for name in names[:CONFLICTS]] if articles < 1000 else [*map(_differ, names)],
        assignments=[
            SplitAssignment(article=name, leak_group=name, split=SPLITS[place % 3]) for place, name in enumerate(names)
        ],
        clusters=[ClusterRow(article=name, story=name, leak_group=name, lead=True) for name in names],
        ledger={"gold": {"span": {"in": 2 * articles, "gold": 2 * articles}}},
        scores=[_score(name) for name in ("model:tagger", "model:rules")],
        corpus="c0ffee",
        agreement=_agree(),
        task_pages={names[0]: LINK},
        curve=Curve(
            corpus="c0ffee",
            config="ner",
            seed=1,
            signature="match:exact",
            points=tuple(CurvePoint(leak_groups=n, articles=n, exact=measure(n / 20)) for n in (2, 5, 12)),
        ),
    )


def make_facts(errors: int = ERRORS) -> Facts:
    """An answer to each question, of four people and two models."""
    finish = Finish(day="2026-12-18", earliest="2026-12-11", latest="2027-01-08")
    return Facts(
        project=SCRIPT,
        dataset="c0ffee",
        how_far=answers.ProgressAnswer(
            sentence="8 of 40 articles are finished.",
            splits=(answers.PlaceProgress(split="train", articles=14, complete=6),),
            people=tuple(
                answers.ReaderProgress(person=name, given=20, submitted=8, skipped=1, drafts=1, open=10)
                for name in PEOPLE
            ),
        ),
        how_fast=answers.SpeedAnswer(sentence=ARABIC, team=_pace(""), people=tuple(map(_pace, PEOPLE))),
        when_done=answers.ForecastAnswer(sentence="On 18 December.", as_planned=finish, together=finish),
        what_next=answers.NextAnswer(
            sentence="Settle conflicts first.",
            steps=(
                answers.NextStep(
                    rank=1, kind="settle", what=f"30 conflicts {SCRIPT}", command="labeling cards", link=LINK
                ),
                answers.NextStep(rank=2, kind="label", what=ARABIC, why=EMOJI, link="javascript:alert(1)"),
            ),
        ),
        which_conflicts=answers.ConflictAnswer(sentence="30 conflicts are open.", count=30),
        weak_labels=answers.LabelAnswer(
            sentence="DATE is weak.", labels=tuple(map(_standing, LABELS)), model="model:tagger"
        ),
        more_worth_it=answers.WorthAnswer(
            sentence="Go on.", verdict="go on", outlook=_outlook(), by_label={"DATE": _outlook()}
        ),
        test_set=people_and_models.TrustAnswer(sentence="With care.", trusted=False, trust=_trust()),
        who_did_what=people_and_models.WorkAnswer(
            sentence="Four people did it.", people=tuple(map(_work, PEOPLE)), models={"model:tagger": 24}
        ),
        how_good=people_and_models.QualityAnswer(
            sentence="Readers are at 87.",
            people=tuple(
                people_and_models.PersonQuality(person=name, others={"ana": coefficient(0.87)}) for name in PEOPLE
            ),
        ),
        model_errors=people_and_models.ErrorAnswer(
            sentence="It misses spans.",
            kinds={"model:tagger": dict.fromkeys(MISTAKE_KINDS, errors // 5)},
            errors=tuple(map(_err, range(errors))),
        ),
        changes=_changes(),
        removed=(people_and_models.RemovedThing(what="label TOPIC", why=SCRIPT, count=14, articles=("a",)),),
        quarantine=(
            people_and_models.QuarantinedThing(
                article="wire/1",
                person=PEOPLE[3],
                what="relation",
                id="r7",
                kind="relation not allowed",
                why=ARABIC,
                task=7,
                link=LINK,
            ),
        ),
        rounds=tuple(map(_round, (1, 2, 3))),
    )


def measure(f1: float) -> Measure:
    """A measure of that F1, a tenth to both sides."""
    ends = (max(0.0, f1 - 0.1), min(1.0, f1 + 0.1))
    return Measure(pairs=8, gold=10, predicted=10, precision=f1, recall=f1, f1=f1, f1_interval=ends)


def coefficient(value: float) -> Coefficient:
    """A coefficient, a tenth to both sides."""
    return Coefficient(value=value, items=10, interval=(value - 0.1, value + 0.1))


def _differ(name: str) -> Conflict:
    end = len(ARABIC)
    readings = (Reading(annotator=PEOPLE[3], id="2", start=0, end=end, label="PERSON"),)
    return Conflict(article=name, kind="missed", start=0, end=end, readings=readings, missed_by=("ben",))


def _score(name: str) -> Score:
    article = made.article("wire/0", f"{WORDS} wire/0")
    gold = Gold(article=article.id, digest=article.digest, complete=True)
    found = Annotation(article=article.id, digest=article.digest, annotator=name)
    score = score_spans(name, [ScoredArticle(article, article.id, gold, found)], LABELS, corpus="c0ffee")
    micro = {"micro": measure(0.7), "labels": {label: measure(0.6) for label in LABELS}}
    bins = tuple(
        CalibrationBin(
            low=low, high=low + 0.1, spans=9, mean_score=low + 0.05, right=low, right_interval=(low - 0.1, low)
        )
        for low in (0.3, 0.8)
    )
    slices = tuple(
        Slice(by="source", name=source, articles=4, leak_groups=3, measure=measure(0.5)) for source in (ARABIC, SCRIPT)
    )
    return score.model_copy(
        update={
            "exact": score.exact.model_copy(update=micro),
            "overlapping": score.overlapping.model_copy(update=micro),
            "slices": slices,
            "reliability": Reliability(spans=18, calibration_error=0.1, mean_score=0.8, right=0.7, bins=bins),
        }
    )


def _agree() -> Agreement:
    score = _score("ben")
    pairs = tuple(AnnotatorPair(one=one, other=other, score=score) for one, other in _each_two(PEOPLE))
    counts = {"PERSON": {"PERSON": 30, "DATE": 4, "": 7}, "": {"DATE": 2}}
    return Agreement(
        annotations="",
        articles=8,
        annotators=PEOPLE,
        pairs=pairs,
        choices={"event=AGREE": 0.66},
        confusions=(Confusions(annotators=PEOPLE, counts=counts),),
    )


def _each_two(names: Sequence[str]) -> list[tuple[str, str]]:
    return [(one, other) for place, one in enumerate(names) for other in names[place + 1 :]]


def _pace(name: str) -> ReadingPace:
    return ReadingPace(
        reader=name,
        done=8,
        left=12,
        first="2026-11-01",
        last="2026-11-27",
        recent=6,
        days=21,
        per_week=Coefficient(value=2.5, items=6, interval=(1.5, 4.0)),
        seconds=412.0,
        finish=Finish(why="nothing was read lately"),
    )


def _standing(label: str) -> answers.LabelStanding:
    return answers.LabelStanding(
        label=label,
        color="#ffd166",
        spans=30,
        leak_groups=12,
        agreement=coefficient(0.8),
        model=measure(0.6),
        weak=("readers agree on less than 70 %",) if label == "DATE" else (),
    )


def _outlook() -> Outlook:
    return Outlook(articles=20, gain=0.031, interval=(0.008, 0.052), verdict="go on")


def _trust() -> Trust:
    return Trust(
        articles=4,
        leak_groups=4,
        spans=104,
        seen=coefficient(0.41),
        labels={"DATE": coefficient(0.5)},
        suggested=3,
        drawn_alone=0,
        unknown=1,
        offered=4,
        warnings=("4 articles are few",),
    )


def _work(name: str) -> people_and_models.PersonWork:
    return people_and_models.PersonWork(
        person=name, submitted=8, skipped=1, drafts=0, spans=200, unsure=3, relations=9, imported=0
    )


def _err(number: int) -> people_and_models.ModelError:
    kind = MISTAKE_KINDS[number % 5]
    gold = answers.DisputedReading(person="gold", label="PERSON", text="Oslo & Rome")
    return people_and_models.ModelError(
        annotator="model:tagger" if number % 2 else "model:rules",
        kind=kind,
        article=f"wire/{number}",
        start=4,
        before=f"{ARABIC} ",
        text="Oslo & Rome",
        after=f" {SCRIPT}",
        gold=None if kind == "invented" else gold,
        predicted=None
        if kind == "missed"
        else gold.model_copy(update={"label": "DATE" if "label" in kind else "PERSON", "text": "Oslo"}),
        link=LINK,
    )


def _changes() -> people_and_models.ChangeAnswer:
    gained = ScoreDifference(before=0.67, now=0.71, gain=0.04, interval=(0.01, 0.07))
    change = AnnotatorChange(
        before="model:tagger", now="model:tagger", precision=gained, recall=gained, f1=gained, labels={"DATE": gained}
    )
    return people_and_models.ChangeAnswer(
        sentence="3 articles more.",
        against=(SCRIPT,),
        articles=people_and_models.ArticleChanges(came=("a/1", ARABIC)),
        numbers=(people_and_models.NumberChange(what="agreement", before=0.84, now=0.87, percent=True),),
        scores=ScoreComparison(articles=4, leak_groups=4, changes=(change,), signature="boot:1000"),
    )


def _round(number: int) -> RoundRow:
    return RoundRow(
        round=number,
        at=f"2026-11-{10 + number}T10:00:00Z",
        basis="x",
        articles=8 * number,
        new=8,
        open=40 - 8 * number,
        actions=ActionCounts(),
        seconds=None,
        dataset="d",
        model="m",
        score=measure(0.5 + 0.05 * number),
        stability=None,
        outlook=_outlook(),
        verdict="go on",
    )
