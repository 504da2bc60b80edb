"""The questions about gold and what is learned from it: conflicts, labels, what more is worth, trust, mistakes."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from labeling.evaluation.learning_curve import measure_gain
from labeling.evaluation.weak_labels import LabelEvidence, list_weaknesses, order_weakest
from labeling.report.facts.answers import (
    ConflictAnswer,
    DisputedReading,
    Gap,
    LabelAnswer,
    LabelStanding,
    OpenConflict,
    OpposedRulings,
    WorthAnswer,
)
from labeling.report.facts.cast import list_in_words, tell_number
from labeling.report.facts.people_and_models import TrustAnswer
from labeling.report.surroundings import quote_after, quote_before
from labeling.values import format_percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from labeling.report.facts.source import FactSource
    from labeling.report.findings import Findings
    from labeling.workspace.rows.agreements import Coefficient
    from labeling.workspace.rows.conflict import Conflict, Reading

_NO_GOLD = Gap(why="there is no gold yet", command="labeling adjudicate")


def tell_conflicts(source: FactSource) -> ConflictAnswer:
    """Which conflicts."""
    if not source.workspace.conflicts.exists():
        return ConflictAnswer(gaps=(Gap(why="annotations were not compared yet", command="labeling adjudicate"),))
    found = source.shown.conflicts
    kinds = Counter(conflict.kind for conflict in found)
    labels = Counter(label for conflict in found for label in {reading.label for reading in conflict.readings})
    told = list_in_words([f"{count} {kind}" for kind, count in kinds.most_common()])
    articles = len({conflict.article for conflict in found})
    sentence = f"{tell_number(len(found), 'conflict')} in {tell_number(articles, 'article')}: {told}." if found else ""
    return ConflictAnswer(
        sentence=sentence or "No conflict is open.",
        count=len(found),
        kinds=dict(sorted(kinds.items())),
        labels=dict(sorted(labels.items())),
        conflicts=tuple(show_conflict(source.findings, conflict) for conflict in found),
        contradictions=tuple(
            OpposedRulings(text=each.words, decisions=tuple(each.sentences)) for each in source.findings.contradictions
        ),
    )


def show_conflict(findings: Findings, conflict: Conflict) -> OpenConflict:
    """A conflict with the words around it; a choice is about the whole article and has none."""
    # Conflicts are of the last `adjudicate`, articles of today.
    article = findings.articles.get(conflict.article)
    text = article.text if article else ""
    whole = conflict.kind == "choice"
    readings = [
        DisputedReading(person=each.annotator, label=each.label, text=_show_words(each, conflict, text))
        for each in conflict.readings
    ]
    return OpenConflict(
        id=conflict.id,
        article=conflict.article,
        kind=conflict.kind,
        before="" if whole else quote_before(text, conflict.start),
        text="" if whole else text[conflict.start : conflict.end],
        after="" if whole else quote_after(text, conflict.end),
        readings=(*readings, *(DisputedReading(person=name, label="") for name in conflict.missed_by)),
        link=findings.task_pages.get(conflict.article, ""),
    )


def _show_words(reading: Reading, conflict: Conflict, text: str) -> str:
    return "" if conflict.kind in {"choice", "relation"} else text[reading.start : reading.end]


def tell_labels(source: FactSource) -> LabelAnswer:
    """Which labels are weak."""
    if not source.findings.gold:
        return LabelAnswer(gaps=(_NO_GOLD,))
    standings = {each.label: each for each in _describe_labels(source)}
    weak = [name for name, each in standings.items() if each.weak]
    gaps = {
        "readers' agreement by label is not known": ("labeling agree", source.shown.agreement is None),
        "no model was scored": ("labeling evaluate", source.best_model is None),
    }
    return LabelAnswer(
        sentence=f"{tell_number(len(weak), 'label is', 'labels are')} weak: {list_in_words(weak)}."
        if weak
        else "Nothing that is known speaks against any label.",
        gaps=tuple(Gap(why=why, command=command) for why, (command, missing) in gaps.items() if missing),
        labels=tuple(standings.values()),
        model=source.best_model.annotator if source.best_model else "",
    )


def _describe_labels(source: FactSource) -> Iterator[LabelStanding]:
    """Each label's standing, the weakest first."""
    spans, groups = _count_places(source)
    split_known = bool(source.findings.split_of)
    model, agreed = source.best_model, _agreement_by_label(source)

    def evidence(label: str) -> LabelEvidence:
        found = (model.exact.labels.get(label) if label else model.exact.micro) if model else None
        return LabelEvidence(
            spans=spans[label].total(),
            leak_groups=len(groups[label]),
            tested=spans[label]["test"] if split_known else None,
            agreement=agreed.get(label),
            model=found,
        )

    whole = evidence("")
    names = [*source.project.schema.label_names, *sorted(set(spans) - {"", *source.project.schema.label_names})]
    known = [(name, evidence(name), list_weaknesses(evidence(name), whole)) for name in names]
    facts = {name: (found, weak) for name, found, weak in known}
    colors = {label.name: label.color for label in source.project.schema.labels}
    disputed = Counter(label for each in source.findings.conflicts for label in {one.label for one in each.readings})
    doubted = Counter(row.label or row.instead for row in source.workspace.doubts.rows_if_written())
    alike = source.findings.audit.labels if source.findings.audit else {}
    for name in order_weakest(known):
        found, weak = facts[name]
        yield LabelStanding(
            label=name,
            color=colors.get(name, ""),
            spans=found.spans,
            leak_groups=found.leak_groups,
            splits=dict(sorted(spans[name].items())),
            agreement=found.agreement,
            alike=alike[name].share if name in alike else None,
            model=found.model,
            conflicts=disputed[name],
            doubts=doubted[name],
            weak=weak,
        )


def _count_places(source: FactSource) -> tuple[defaultdict[str, Counter[str]], defaultdict[str, set[str]]]:
    """Gold spans by label and split, and their leak groups by label; all labels together under ""."""
    spans, groups = defaultdict[str, Counter[str]](Counter), defaultdict[str, set[str]](set)
    findings = source.findings
    for gold in findings.gold:
        split = findings.split_of.get(gold.article, "none")
        group = findings.group_of.get(gold.article, gold.article)
        for span in gold.spans:
            for name in ("", span.label):
                spans[name][split] += 1
                groups[name].add(group)
    return spans, groups


def _agreement_by_label(source: FactSource) -> Mapping[str, Coefficient]:
    """F1 of readers by label, and of all labels under ""."""
    agreement = source.shown.agreement
    if agreement is None or agreement.group is None or "exact" not in agreement.group.spans:
        return {}
    measured = agreement.group.spans["exact"]
    return {"": measured.all, **measured.labels}


def tell_worth(source: FactSource) -> WorthAnswer:
    """Is more worth it."""
    curve, last = source.findings.curve, source.rounds[-1] if source.rounds else None
    gain = measure_gain(curve.points) if curve else None
    brings = "labeling learn" if source.project.file.learning else "labeling curve"
    if last is None:
        told = f"Cannot be told for sure; the last step of the curve brought {100 * gain:+.1f} F1." if gain else ""
        return WorthAnswer(
            sentence=told,
            gaps=(Gap(why="no round has judged whether to go on", command=brings),) if not told else (),
            curve=curve,
            gain=gain,
        )
    outlook = last.outlook
    next_ones = f"the next {outlook.articles} articles bring {100 * (outlook.gain or 0):+.1f} F1"
    between = f" ({100 * outlook.interval[0]:+.1f} to {100 * outlook.interval[1]:+.1f})" if outlook.interval else ""
    known = outlook.gain is not None
    return WorthAnswer(
        sentence=f"Verdict of round {last.round}: {last.verdict}"
        + (f"; {next_ones}{between}, and {outlook.why}." if known else "."),
        gaps=() if known else (Gap(why=outlook.why or last.why, command="labeling learn"),),
        verdict=last.verdict,
        round=last.round,
        outlook=outlook,
        by_label=last.by_label,
        curve=curve,
        gain=gain,
    )


def tell_trust(source: FactSource) -> TrustAnswer:
    """Can the test set be trusted."""
    trust, findings = source.workspace.trust.value_if_written(), source.findings
    reliance = source.workspace.reliance.value_if_written()
    of_stream = reliance.tested["test"].of_stream if reliance and "test" in reliance.tested else None
    shared = findings.leakage.shared_passages_across_splits if findings.leakage else None
    if trust is None:
        gap = Gap(why="what the test set is made of was not counted", command="labeling split")
        return TrustAnswer(gaps=(gap,), of_stream=of_stream, shared_passages=shared)
    open_in = Counter(each.article for each in findings.conflicts if findings.split_of.get(each.article) == "test")
    size = f"{tell_number(trust.articles, 'article')} in {tell_number(trust.leak_groups, 'leak group')}"
    seen = (
        f", {format_percent(trust.seen.value)} % of its spans seen in training" if trust.seen.value is not None else ""
    )
    still = f"; {tell_number(open_in.total(), 'conflict is', 'conflicts are')} open in {len(open_in)} of them"
    trusted = not (trust.warnings or open_in)
    return TrustAnswer(
        sentence=f"{'Yes' if trusted else 'With caution'}: {size}{seen}{still if open_in else ''}.",
        trusted=trusted,
        open_conflicts=open_in.total(),
        trust=trust,
        of_stream=of_stream,
        shared_passages=shared,
    )
