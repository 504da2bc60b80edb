"""What the page is made of: tables of cells, charts with their numbers, and how each question stands."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from full_facts import ARABIC, CONFLICTS, SCRIPT, make_facts, make_findings
from hypothesis import example, given, settings
from hypothesis import strategies as st

from labeling.project import load_project
from labeling.report.charts.line_shapes import LinePoint, draw_calibration, draw_line
from labeling.report.charts.row_names import name_rows
from labeling.report.charts.shapes import (
    BarPart,
    HeatCell,
    RangedValue,
    draw_bars,
    draw_differences,
    draw_heat_map,
    draw_intervals,
)
from labeling.report.facts.answers import ConflictAnswer, DisputedReading
from labeling.report.facts.people_and_models import ModelError, TrustAnswer
from labeling.report.findings import Findings
from labeling.report.lead_questions import QUESTIONS, answer_questions
from labeling.report.page import answer_nothing, render_report
from labeling.report.page_numbers import list_promises
from labeling.report.page_sections import CONTENTS
from labeling.report.tables.page_table import Cell, Heading, drop_empty, make_table, tell_interval, tell_ratio
from labeling.report.tables.score_tables import tabulate_errors

MEGABYTE = 1_000_000


def texts(svg: str) -> list[str]:
    """The words in a chart."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_a_long_list_says_how_much_is_left_out() -> None:
    """Two of five rows, and the file that has all of them; numbers have commas, nothing is an empty cell."""
    table = make_table(
        "Rows", [Heading("n", "number")], [[1234], [None], ["x"], [Cell("y")], [0]], "rows.jsonl", most=2
    )

    assert [[cell.text for cell in row] for row in table.rows] == [["1,234"], [""]]
    assert (table.left_out, table.file) == (3, "rows.jsonl")


def test_a_column_in_which_nothing_stands_is_dropped() -> None:
    """None, no words and no lines are nothing; 0 is something."""
    columns = [Heading("who"), Heading("given"), Heading("with"), Heading("open")]
    table = drop_empty(make_table("Rows", columns, [["ana", None, Cell(lines=[]), 0], ["ben", "", "", 2]]))

    assert [column.name for column in table.columns] == ["who", "open"]
    assert [[cell.text for cell in row] for row in table.rows] == [["ana", "0"], ["ben", "2"]]


def test_ratios_are_told_in_per_cent() -> None:
    """What is undefined is a dash, and an interval that is missing its reason."""
    assert (tell_ratio(1 / 3), tell_ratio(None)) == ("33.3", "–")  # noqa: RUF001 - the dash is meant
    assert (tell_interval((0.1, 0.25)), tell_interval(None, "one leak group")) == ("10.0 to 25.0", "one leak group")


@pytest.mark.parametrize(
    ("gold", "predicted", "marked"),
    [
        (("PERSON", "Ana Duarte"), ("PERSON", "Duarte"), ["Ana Duarte", "Duarte"]),
        (("PERSON", "Ana Duarte"), None, ["Ana Duarte", ""]),
        (None, ("ROLE", "Ana Duarte"), ["", "Ana Duarte"]),
    ],
)
def test_both_sides_of_an_error_have_the_same_words(
    gold: tuple[str, str] | None, predicted: tuple[str, str] | None, marked: list[str]
) -> None:
    """Each marks its own stretch of them; a side that marks nothing says so."""
    sides = [side and DisputedReading(person="x", label=side[0], text=side[1]) for side in (gold, predicted)]
    error = ModelError(
        annotator="m",
        kind="wrong boundaries",
        article="a",
        start=3,
        before="met ",
        text="Ana Duarte",
        after=" there",
        gold=sides[0],
        predicted=sides[1],
    )

    cells = tabulate_errors([error]).rows[0][-2:]

    assert [cell.before + cell.marked + cell.after for cell in cells] == ["met Ana Duarte there"] * 2
    assert [cell.marked for cell in cells] == marked
    assert [cell.text for cell in cells] == [side.label if side else "nothing" for side in sides]


def test_charts_have_their_numbers_written_beside_them() -> None:
    """Bars, intervals, differences, heat maps and lines can be read without colour or length."""
    bars = draw_bars("b", [BarPart("ana", "done", 3), BarPart("ana", "open", 5)], ("done", "open"))
    dots = draw_intervals("i", [RangedValue("m", 0.714, (0.6, 0.8), "s"), RangedValue("m", None, None, "t")])
    gains = draw_differences("d", [RangedValue("m", -0.042, (-0.07, 0.01))])
    cells = draw_heat_map("h", [HeatCell("ana", "ben", 0.9, "86 (68-94)")], ["ana"], ["ben"])
    line = draw_line("l", [LinePoint(2, 0.31), LinePoint(5, None), LinePoint(9, 0.55, (0.5, 0.6))], "leak groups")

    assert {"ana", "3 of 8", "done", "open"} <= {*texts(bars)}
    assert {"m", "71", "–", "s", "t"} <= {*texts(dots)}  # noqa: RUF001 - the dash is meant
    assert "-4.2" in texts(gains)
    assert {"ana", "ben", "86 (68-94)"} <= {*texts(cells)}
    assert {"31", "55", "leak groups"} <= {*texts(line)}


def test_rows_of_a_chart_keep_their_order() -> None:
    """A row without an interval stands where it was put, not behind those that have one."""
    drawn = draw_intervals(
        "i", [RangedValue("zoe", 0.2), RangedValue("ana", 0.5, (0.4, 0.6)), RangedValue("ben", None)]
    )

    assert [text for text in texts(drawn) if text in {"zoe", "ana", "ben"}] == ["zoe", "ana", "ben"]
    heights = [float(y) for y in re.findall(r'translate\([-\d.]+,([-\d.]+)\)"[^>]*>(?:zoe|ana|ben)<', drawn)]
    assert heights == sorted(heights)


def test_a_chart_is_one_picture_with_a_name() -> None:
    """Markup in it is text, its colours are the page's, and two of them do not share an id."""
    drawn = draw_calibration(f'"{SCRIPT}"', [LinePoint(0.3, 0.2, (0.1, 0.4))])

    assert drawn.startswith('<svg class="chart" role="img" aria-label="&#34;&lt;script&gt;')
    assert "<script" not in drawn
    assert " id=" not in drawn
    assert {*re.findall(r'(?:fill|stroke)="([^"]*)"', drawn)} <= {
        "none",
        *(f"var(--{name})" for name in ("ink", "soft", "line", "bar")),
    }


@settings(max_examples=40, deadline=None)
@given(st.text(st.characters(), max_size=20), st.floats(0, 1))
@example("\0\x1b\ufffe", 0.5)
@example("\ud800", 5e-324)
@example("\u2028\u2029\x85", 0.5)
@example("if", 0.5)
@example("0000000000@Æ\x1f\U00010000\U00010000" * 9, 0.0)
def test_any_name_can_be_drawn(name: str, value: float) -> None:
    """Whatever signs it has, they end no tag and no attribute."""
    drawn = draw_intervals(name, [RangedValue(name, value, (0.0, value))])
    cells = draw_heat_map(name, [HeatCell(name, name, value, "1")], [name], [name])

    assert drawn.count("<svg") == drawn.count("</svg>") == cells.count("</svg>") == 1
    assert re.fullmatch(r'[^"<>]*', drawn.split('aria-label="')[1].split('" width=')[0])


@given(st.lists(st.text(st.characters(), max_size=40), max_size=6), st.integers(6, 24))
def test_names_of_rows_fit_and_differ(names: list[str], room: int) -> None:
    """Each has its own form, short ones their own name; none is wider than there is room, but for its number."""
    written = name_rows(names, room)

    assert [*written] == [*dict.fromkeys(names)]
    assert len({*written.values()}) == len(written)
    assert all(len(form) <= room + len(" (9)") for form in written.values())
    assert all(form == name for name, form in written.items() if len(name) <= room // 2)


def test_a_long_name_loses_its_middle() -> None:
    """What tells two models apart stands at the end; an emoji is as wide as two letters and stays whole."""
    one, other = "model:tagger-0a1b2c3d4e5f", "model:tagger-0a1b2c3d4e6a"

    assert name_rows([one, other]) == {one: "model:tagg…3d4e5f", other: "model:tagg…3d4e6a"}
    assert name_rows(["abcdefgh", "abcxxfgh"], 6) == {"abcdefgh": "ab…fgh", "abcxxfgh": "ab…fgh (2)"}
    assert name_rows(["😀" * 9], 6) == {"😀" * 9: "😀…😀"}


def test_each_question_has_a_section_and_an_answer() -> None:
    """Twelve of them, in the order of the facts; the contents name every section there is, each once."""
    html = render_report("Talks", load_project().schema, make_findings(), make_facts())
    sections = re.findall(r'<section id="([^"]*)"', html)

    assert len(QUESTIONS) == 12
    assert [section.id for _, group in CONTENTS for section in group] == sections
    assert {question.section for question in QUESTIONS} < {*sections}
    for question in answer_questions(make_facts()):
        assert question.answer.sentence in html


def test_a_question_stands_as_its_answer_does() -> None:
    """Open without an answer; to be looked at where something is wrong; well where nothing is; else just told."""
    facts = make_facts()
    well = {
        "which_conflicts": ConflictAnswer(sentence="No conflict is open."),
        "test_set": TrustAnswer(sentence="It can.", trusted=True),
    }

    def tones(told: object) -> list[str]:
        return [question.tone for question in answer_questions(told)]  # type: ignore[arg-type]

    looks = ["which_conflicts", "weak_labels", "test_set"]
    assert tones(answer_nothing()) == ["open"] * 12
    assert tones(facts) == ["look" if question.field in looks else "told" for question in QUESTIONS]
    assert tones(facts.model_copy(update=well)).count("fine") == 2


def test_the_promises_are_told_by_a_sign() -> None:
    """Kept, broken, or not known yet."""
    findings, facts = make_findings(), answer_nothing()
    lost = replace(findings, ledger={"gold": {"span": {"in": 2, "gold": 1}}})

    assert [promise.sentence[0] for promise in list_promises(Findings(), facts)] == ["?", "?", "✓"]
    assert [promise.tone for promise in list_promises(findings, make_facts())] == ["good", "", "bad"]
    assert next(list_promises(lost, facts)).sentence == "! an account does not balance"


def test_ten_thousand_articles_are_a_page_of_ordinary_size() -> None:
    """Of 10,000 conflicts and 2,000 errors the first stand there, with how many there are and which file has them."""
    schema = load_project().schema
    few = render_report("Talks", schema, make_findings(), make_facts())
    many = render_report("Talks", schema, make_findings(10_000), make_facts(2_000))

    assert f"Show all {CONFLICTS}" not in many
    assert "The first 200 of 10,000 are listed" in many
    assert 'href="conflicts.jsonl"' in many
    assert "The first 300 of 2,000 are listed" in many
    assert "10000 articles in 10000 leak groups" in many
    assert len(many.encode()) < MEGABYTE
    assert many.count("<tr") < 3 * few.count("<tr") + 500


def test_words_of_an_article_keep_their_direction() -> None:
    """Arabic in a cell is set apart from what stands around it, and a text takes the direction of its words."""
    html = render_report("Talks", load_project().schema, make_findings(), make_facts())

    assert f"<bdi>{ARABIC}</bdi>" in html
    assert '<div class="text" dir="auto">' in html
