"""The demo's steps of a team: how far readers agree, cards for what they differ on, the adjudicator's answers."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from labeling.adjudication.adjudicate import adjudicate
from labeling.evaluation.agree import agree
from labeling.project import PeopleSection
from labeling.report.page import percent_or_dash
from labeling.reprints.own_reprints import find_own_reprints
from labeling.samples import sample_data
from labeling.studio.api.connect import connect_to
from labeling.studio.api.signup import add_user
from labeling.studio.cards.card_plan import read_sent_cards
from labeling.studio.cards.card_replies import make_reply
from labeling.studio.cards.push_cards import push_cards
from labeling.studio.sync.project_link import read_link
from labeling.studio.sync.pull import pull

if TYPE_CHECKING:
    from labeling.project import Project
    from labeling.samples.demo_journey import Journey

_CARD_FIELDS = "id,data,total_annotations,cancelled_annotations"
_LEAD = "lead@example.com"


def appoint_adjudicator(project: Project) -> Project:
    """The project with somebody who settles: the sample adjudicator."""
    # Nobody of the samples is a real person.
    people = PeopleSection(adjudicators=(_LEAD,), publish_names=True)
    return replace(project, file=project.file.model_copy(update={"people": people}))


def measure_first_words(trip: Journey) -> list[str]:
    """How far the readers agree in what each submitted first."""
    found = agree(trip.project, find_own_reprints)
    f1 = "; ".join(f"{pair} {percent_or_dash(rules['exact'])}" for pair, rules in found.f1.items())
    return [f"F1 of first words, exact spans: {f1}, on the {found.articles} articles that both read"]


def send_cards(trip: Journey) -> list[str]:
    """A card for each conflict, in a project that the readers do not see."""
    sent = push_cards(trip.project, server=trip.credentials)
    return [f"{sent.new} cards, one for each open conflict, at {sent.url}"]


def answer_cards(trip: Journey) -> list[str]:
    """Let the sample adjudicator answer the cards, with an account of their own, through the server's API."""
    link = read_link(trip.project.workspace)
    known = {each.conflict: each for each in sample_data.load_sample_decisions()}
    key = add_user(trip.credentials, _LEAD, secrets.token_urlsafe(18))
    answered, reasons = 0, 0
    with connect_to(trip.credentials.url, key) as studio:
        cards = read_sent_cards(studio.list_tasks(link.cards.project, _CARD_FIELDS)) if link.cards else []
        for card in cards:
            # A schema of one's own asks other questions.
            if decision := known.get(card.conflict):
                studio.file_annotation(card.task, make_reply(decision.decision, decision.why))
                answered, reasons = answered + 1, reasons + bool(decision.why)
    return [f"{answered} cards answered by lead, {reasons} with a reason: in the page two keys each, or three"]


def bring_decisions_home(trip: Journey) -> list[str]:
    """The adjudicator's answers, as decisions."""
    cards = pull(trip.project, server=trip.credentials).cards
    made, refused = (cards.new, sum(cards.quarantined.values())) if cards else (0, 0)
    inherited = sum(bool(row.inherited_from) for row in trip.project.workspace.decisions.rows_if_written())
    return [f"{made} decisions by lead, {inherited} more that reprints inherit, {refused} quarantined"]


def reconcile(trip: Journey) -> list[str]:
    """Gold by what readers say, and by what was decided where they differ."""
    gold = adjudicate(trip.project)
    complete = f"{sum(row.complete for row in trip.project.workspace.gold.rows())} of {gold.articles}"
    return [f"{gold.gold_spans} gold spans, {gold.conflicts} open conflicts; {complete} articles complete"]
