"""docs/questions.md: each of the twelve questions has its place in the report, its commands and its key."""

from __future__ import annotations

import re
from pathlib import Path

import click

from labeling.cli import cli
from labeling.report.facts.facts import Facts
from labeling.report.lead_questions import QUESTIONS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if re.match(r"\|.*\?\s*\|", line)
]


def test_the_twelve_questions_stand_in_their_order() -> None:
    """As the page of the report has them, with the key of the facts."""
    assert [(question, key.strip("`")) for question, _, _, key in ROWS] == [
        (question.words, question.field) for question in QUESTIONS
    ]
    assert {question.field for question in QUESTIONS} <= set(Facts.model_fields)


def test_each_leads_to_a_section_of_the_report() -> None:
    """By its anchor and its title."""
    templates = ROOT / "labeling" / "report" / "templates"
    html = "".join(path.read_text(encoding="utf-8") for path in sorted(templates.glob("*.j2")))
    titles = dict(re.findall(r'<section id="([a-z-]+)"[^>]*><h2>([^<]+)</h2>', html))
    told = [re.fullmatch(r"(.+) \(`#([a-z-]+)`\)", section) for _, section, _, _ in ROWS]
    assert [match and match[2] for match in told] == [question.section for question in QUESTIONS]
    assert [match and match[1] for match in told] == [titles[question.section] for question in QUESTIONS]


def test_each_command_that_is_named_is_one() -> None:
    """Here, and nowhere else, all twelve are beside what brings them."""
    verbs = set(cli.list_commands(click.Context(cli)))
    assert len(ROWS) == 12
    for _, _, commands, _ in ROWS:
        named = re.findall(r"`labeling (\w+)", commands)
        assert named
        assert set(named) <= verbs
