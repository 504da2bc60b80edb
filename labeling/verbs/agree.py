"""``labeling agree``: how far annotators agree with each other, into ``agreement.json``."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from labeling.evaluation.agree import agree, list_groups, name_group
from labeling.reprints.own_reprints import find_own_reprints
from labeling.values import format_percent
from labeling.verbs.options import format_measure, json_option, show, tell, with_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labeling.project import Project
    from labeling.workspace.rows.agreements import Agreement, Coefficient

_PAIR = 2
_SHOWN = 6  # disagreements at the terminal; more are in the file


@click.command("agree")
@json_option
@with_project
def agree_cli(project: Project, *, as_json: bool) -> int:
    r"""Measure how far annotators agree with each other.

    For each two of them: F1 of their spans on the articles both submitted, exact, by position alone, and overlapping,
    in per cent (with --json as fractions), with 95 % intervals. For choices: Krippendorff's alpha, which is not a
    share: 1 when all agree, 0 when they agree as often as by chance; for where spans begin and end alpha_U, which reads
    the same. All labels are in agreement.json; compile puts it into the card, `labeling report` on the page.

    Measured are first words, as `labeling pull` keeps them in first.jsonl: what was changed after a talk, or in the
    light of another's work, changes no number; a further line says how they agree after settling. Where nothing was
    pulled since there was that file, annotations are. Further lines set readers with suggestions beside readers
    without, and each reader beside models, adjudicators, gold questions, and their own words on a reprint, as far as
    there are any. The last lines show the most telling disagreements.

    \b
    Example:
      labeling pull && labeling agree
      labeling agree --json | jq .f1
    """
    result = agree(project, find_own_reprints)
    # The table has intervals, which the file has and the result leaves out.
    agreement = project.workspace.agreement.value()
    table = _format_agreement(agreement)
    rows = asdict(result)
    # Only where there is one: programs of before know the other keys.
    if result.spoken_for_another:
        table["spoken for another, left out"] = result.spoken_for_another
    else:
        del rows["spoken_for_another"]
    show(rows if as_json else table, as_json=as_json, literal=table)
    if not as_json:
        for line in _tell_disagreements(agreement):
            tell(line)
    return 0


def _format_agreement(agreement: Agreement) -> dict[str, object]:
    rows: dict[str, object] = {"articles": agreement.articles, "measured on": _tell_first_words(agreement)}
    for pair in agreement.pairs:
        for measures in (pair.score.exact, pair.score.position, pair.score.overlapping):
            rows[f"{measures.rule}, {pair.one} and {pair.other}"] = format_measure(measures.micro)
    groups = list_groups(agreement.group, agreement.by_pair)
    for group in groups:
        if len(group.annotators) > _PAIR:
            rows[f"exact, {name_group(group)}"] = _format_f1(group.spans["exact"].all)
    for group in groups:
        rows[f"alpha_U, {name_group(group)}"] = _format_alpha(group.unitizing.all if group.unitizing else None)
        if group.relations and group.relations["exact"].all.items:
            rows[f"relations, {name_group(group)}"] = _format_f1(group.relations["exact"].all)
    rows["alpha of choices"] = "; ".join(_tell_choices(agreement)) or "undefined"
    return rows | dict(_format_further(agreement))


def _tell_choices(agreement: Agreement) -> Iterator[str]:
    """Alpha of each choice, then why others have none."""
    alphas = [f"{name} {alpha:.3f}" for name, alpha in agreement.choices.items() if alpha is not None]
    if alphas:
        yield ", ".join(alphas)
    known = agreement.group.choices if agreement.group else {}
    reasons = Counter(known[name].undefined for name, alpha in agreement.choices.items() if alpha is None)
    yield from (f"{number} undefined: {reason}" for reason, number in reasons.items())


def _format_further(agreement: Agreement) -> Iterator[tuple[str, str]]:
    """What there is beside the first words of readers, exact F1 of each."""
    settled = list_groups(agreement.settled[0], agreement.settled[1:]) if agreement.settled else []
    for group in settled:
        yield f"after settling, exact, {name_group(group)}", _format_f1(group.spans["exact"].all)
    for name, group in agreement.suggestions.items():
        yield f"{name} suggestions, exact, {name_group(group)}", _format_f1(group.spans["exact"].all)
    parts = (
        ("a model", agreement.models),
        ("an adjudicator", agreement.adjudicators),
        ("gold questions", agreement.gold_questions),
        ("own words on a reprint", agreement.reprints),
    )
    for what, groups in parts:
        for group in groups:
            yield f"{what}, exact, {name_group(group)}", _format_f1(group.spans["exact"].all)


def _tell_first_words(agreement: Agreement) -> str:
    first = agreement.first_words
    if first is None:
        return "annotations: first submissions were not kept"
    kept = {
        "as they were submitted": first.layer,
        "as a pull first saw them, and may have changed before": first.pull,
        "imported": first.imported,
    }
    told = ", ".join(f"{number} {how}" for how, number in kept.items() if number)
    return f"first submissions: {told}; {first.changed} changed since"


def _format_f1(found: Coefficient) -> str:
    spread = found.undefined
    if found.interval:
        low, high = found.interval
        spread = f"{format_percent(low)} to {format_percent(high)}"
    return f"F1 {format_percent(found.value)} ({spread})"


def _format_alpha(found: Coefficient | None) -> str:
    if found is None or found.value is None:
        return f"undefined ({found.undefined if found else 'not measured'})"
    spread = "{:.3f} to {:.3f}".format(*found.interval) if found.interval else found.undefined
    return f"{found.value:.3f} ({spread})"


def _tell_disagreements(agreement: Agreement) -> Iterator[str]:
    """The most telling disagreements, the words and who reads them how; below it where each may look at their own."""
    for each in agreement.disagreements[:_SHOWN]:
        readings = " or ".join(
            f"{side.label or 'nothing'}{f' “{side.text}”' if side.label and side.text != each.text else ''}"
            f" ({side.annotator})"
            for side in each.sides
        )
        times = f"{each.times} times" if each.times > 1 else "once"
        yield f"{each.kind}, {times}: “{' '.join(each.text.split())}” in {each.article}: {readings}"
        for side in each.sides:
            if side.link:
                yield f"  {side.annotator}: {side.link}"
