"""``labeling doubts``: what in gold to look at once more -> ``doubts.jsonl``, and the first of it -> cards."""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING

import click

from labeling.studio.cards.push_doubts import push_doubts, refuse_without_adjudicators
from labeling.training.doubts.find_doubts import find_doubts
from labeling.verbs.options import (
    MOST_LISTED,
    json_option,
    show,
    tell,
    tell_of_accounts,
    tell_of_answers,
    tell_sent,
    with_project,
)

if TYPE_CHECKING:
    from labeling.project import Project
    from labeling.workspace.rows.doubt import Doubt


@click.command("doubts")
@click.option(
    "--cards", "most", type=click.IntRange(min=1), metavar="N", help="Put the first N doubts to the adjudicators, too."
)
@click.option("--seed", default=1, show_default=True, help="Of the models; the same seed gives the same list.")
@json_option
@with_project
def doubts_cli(project: Project, *, most: int | None, seed: int, as_json: bool) -> int:
    r"""List the likely errors of gold, the most likely first.

    In doubt are spans that models contradict which were trained on other leak groups only, and spans they miss; words
    that are read otherwise in nearly all other places; what an adjudicator decided otherwise on the same words;
    passages labelled apart in two articles; spans that cut a word, or begin or end with what the guidelines leave out.
    Each line of doubts.jsonl has text, kind, what gold has, what speaks against it and why, and the share of such
    doubts that are expected to be right. The models need labeling[doubts].
    What an adjudicator has decided on is not listed again, unless something else speaks against it or gold has changed.

    With --cards the first of them become cards beside those of `labeling cards`: A is what gold has, the others are
    what speaks against it, and 9 is that nothing stands there. `labeling pull` brings the answers, `labeling
    adjudicate` makes them gold, and `labeling cards` removes those that are out of date.

    \b
    Example:
      labeling adjudicate && labeling doubts
      labeling doubts --cards 50
      head -50 exports/diplomatic/doubts.jsonl | jq -r .why
    """
    if most:
        refuse_without_adjudicators(project)
    result = find_doubts(project, seed=seed)
    sent = push_doubts(project, most, progress=tell_sent) if most else None
    cards = {"cards": asdict(sent)} if sent else {}
    if as_json:
        show({**asdict(result), **cards}, as_json=True)
    else:
        counts = {"spans": result.spans, "doubts": result.doubts, **result.kinds}
        settled = {"settled": result.settled} if result.settled else {}
        told = {"cards": f"{sent.new} new of {sent.asked}: {sent.url}"} if sent else {}
        show({**counts, **settled, **told}, as_json=False)
        for doubt in islice(project.workspace.doubts.rows(), MOST_LISTED):
            tell(_describe_doubt(doubt), err=True)
    for kind, why in result.left_out.items():
        tell(f"Not looked for: {kind}, for {why}", err=True)
    if sent:
        tell_of_accounts(sent.without_account)
        tell_of_answers(sent.answered)
    tell(f"Written to {project.workspace.doubts.path}", err=True)
    return 0


def _describe_doubt(doubt: Doubt) -> str:
    return f"{doubt.score:.2f}  {doubt.article}  {doubt.text!r}  {doubt.label or 'nothing'}: {doubt.why}"
