"""Details of an article: an odd one costs the detail, never the article, and is counted."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from labeling.articles import Reject
from labeling.cli import cli
from labeling.sources.details import read_detail
from labeling.sources.files import Arrival, read_articles
from labeling.sources.inputs import find_source_files
from labeling.sources.opened_text import IngestOptions

if TYPE_CHECKING:
    from labeling.articles import Article

CASES = Path(__file__).parents[3] / "shared" / "cases"
DAYS = st.dates(date(1974, 1, 1), date(2026, 12, 31))


def taken(path: Path) -> tuple[list[Article], list[tuple[str, ...]]]:
    """The articles of a file, of which none is refused, and what was left empty of each."""
    items = list(read_articles(find_source_files([str(path)]).inputs, IngestOptions(20_000)))
    assert not [item for item in items if isinstance(item, Reject)], items
    arrivals = [item for item in items if isinstance(item, Arrival)]
    return [item.article for item in arrivals], [item.odd for item in arrivals]


def one(folder: Path, **fields: Any) -> tuple[Article, tuple[str, ...]]:
    """The article that one object makes, and what was left empty of it."""
    path = folder / "a.jsonl"
    path.write_text(json.dumps({"text": "Ministers met in Oslo.", **fields}) + "\n", encoding="utf-8")
    articles, odd = taken(path)
    return articles[0], odd[0]


@given(day=DAYS, second=st.integers(0, 86_399), scale=st.sampled_from([1, 1000, 10**6, 10**9]), form=st.integers(0, 2))
def test_seconds_since_1970_are_read_in_any_parts(day: date, second: int, scale: int, form: int) -> None:
    """Whole and in thousandths, millionths and so on; as a number, with a fraction, or quoted."""
    number = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() + second) * scale
    value: object = [number, float(number), str(number)][form]
    found = read_detail("published", value)

    # Twelve figures may also be a day and a time of it, and are left empty then.
    assert found.value in {day.isoformat(), ""}
    if not found.value:
        assert (len(str(number)), found.odd) == (12, "published")


@given(day=DAYS, zone=st.sampled_from(["Z", "+00:00", ".000Z", ".123+0000"]))
def test_dates_of_mongo_are_read(day: date, zone: str) -> None:
    """Both forms of its JSON, and the one of before."""
    thousandths = int(datetime(day.year, day.month, day.day, 8, tzinfo=UTC).timestamp()) * 1000
    forms = [
        {"$date": f"{day.isoformat()}T08:00:00{zone}"},
        {"$date": {"$numberLong": str(thousandths)}},
        {"$date": thousandths},
    ]

    assert [read_detail("published", form).value for form in forms] == [day.isoformat()] * 3


@pytest.mark.parametrize(
    ("value", "day"),
    [
        (20230725, "2023-07-25"),
        ("20230725080000", "2023-07-25"),
        ("1611121000000", "2021-01-20"),
        ({"$date": -86_400_000}, "1969-12-31"),
        (["2023-07-25"], "2023-07-25"),
        ("1600-01-01", "1600-01-01"),
        ("2023\u5e742\u670813\u65e5", "2023-02-13"),
        ("\u0662\u0660\u0662\u0663-\u0660\u0662-\u0661\u0663", "2023-02-13"),
    ],
)
def test_a_date_is_read_where_it_has_one_reading(value: object, day: str) -> None:
    """As a compact number, in milliseconds that begin like a year, before 1970, in a list, in other figures."""
    assert read_detail("published", value).value == day


@pytest.mark.parametrize(
    "value",
    [
        *(math.nan, "NaN", "nan", "NaT", "None", "NULL", "null", "n/a", "N/A", "NA", "-", "\u2014", "0000-00-00"),
        *("0000-00-00 00:00:00", "2023-07", "2023", 2023, 45132, True, [], {}, ["2023-07-25", "x"], {"$date": None}),
        *("07/08/2023", "2 hours ago", "2023-02-30", "202307250800", "\0", 10**30, -1, 1e300, math.inf, "9" * 5000),
    ],
)
def test_what_is_not_a_date_is_left_empty(tmp_path: Path, value: object) -> None:
    """And counted; the article is taken."""
    article, odd = one(tmp_path, published=value)

    assert (article.published, odd) == ("", ("published",))


@pytest.mark.parametrize(
    "value",
    [
        *("1402/05/03", "1445-01-07", "2566-07-25", "25/07/2566", "25 July 1023", "1599-12-31", "5783-11-07"),
        *("25 \u0e01\u0e23\u0e01\u0e0e\u0e32\u0e04\u0e21 2566", "25 \u0e01.\u0e04. 66", "25 \u0e01.\u0e04. 20"),
        *(
            "\u4ee4\u548c5\u5e747\u670825\u65e5",
            "\u5e73\u621031\u5e744\u670830\u65e5",
            "R5.7.25",
            "H31.4.30",
            "S64.12.25",
        ),
        *(
            "\u6c11\u570b112\u5e747\u670825\u65e5",
            "112\u5e747\u670825\u65e5",
            "112/07/25",
            "7 \u0645\u062d\u0631\u0645 1445",
        ),
        *("\u06f1\u06f4\u06f0\u06f2/\u06f0\u06f5/\u06f0\u06f3", "25 July 2566 B.E.", "7 Muharram 1445 AH"),
    ],
)
def test_other_calendars_are_not_misread(tmp_path: Path, value: str) -> None:
    """A year of another beginning is doubted or not read, never taken for one of ours; so is one far from newswire."""
    article, odd = one(tmp_path, published=value)

    assert article.published == ""
    assert odd in {("published",), ("published, of a doubtful year",)}


def test_the_end_of_next_year_is_the_last_likely_day(tmp_path: Path) -> None:
    """Embargoed texts are dated ahead; what is later is a slip. The date line of a text is held to the same."""
    year = datetime.now(UTC).year

    assert one(tmp_path, published=f"{year + 1}-12-31")[0].published == f"{year + 1}-12-31"
    assert one(tmp_path, published=f"{year + 2}-01-01")[0].published == ""
    assert one(tmp_path, text="date 1402-05-03 Ministers met.")[0].published == ""
    assert one(tmp_path, text="date 2023-05-03 Ministers met.")[0].published == "2023-05-03"


@pytest.mark.parametrize("field", ["title", "source", "url", "id", "published"])
@pytest.mark.parametrize(
    "value", [math.nan, "NaN", "None", "<NA>", True, 3.5, {"a": 1}, ["a", "b"], [[[[[1]]]]], "\ud800"]
)
def test_an_odd_detail_costs_the_detail(tmp_path: Path, field: str, value: object) -> None:
    """It is left empty and named; the rest of the article is as without it."""
    fields = {"title": "T", "source": "S", "published": "2023-07-25"}
    good, none_odd = one(tmp_path, **{name: each for name, each in fields.items() if name != field})
    article, odd = one(tmp_path, **{**fields, field: value})

    assert (article, none_odd, odd) == (good, (), (field,))


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        ("source", {"id": None, "name": "Example Times"}, "Example Times"),
        ("source", {"id": "example-times", "name": None}, "example-times"),
        ("source", [{"title": "Example Times"}], "Example Times"),
        ("title", ["Ministers meet"], "Ministers meet"),
        ("id", {"$oid": "64bf7d3e"}, "64bf7d3e"),
        ("id", {"$numberLong": "17"}, "17"),
        ("id", 17.0, "17"),
        ("url", ["https://ex.example/1"], "https://ex.example/1"),
        ("title", " as it is ", " as it is "),
    ],
)
def test_a_detail_in_another_form_is_understood(tmp_path: Path, field: str, value: object, read: str) -> None:
    """Objects with a name, lists of one, numbers as pandas writes them; a string is taken as it is."""
    article, odd = one(tmp_path, **{field: value})

    assert (getattr(article, field), odd) == (read, ())


def test_a_list_of_paragraphs_is_a_text(tmp_path: Path) -> None:
    """One a line; a list of words is refused, because nobody can tell what stood between them."""
    paragraphs = ["Ministers met in Oslo.", "They signed an accord.", "Talks"]
    assert one(tmp_path, text=paragraphs)[0].text == "\n".join(paragraphs)
    assert one(tmp_path, text=["Ministers"])[0].text == "Ministers"

    for wrong in (["Ministers", "met", "in", "Oslo"], [], ["a b", 1], 7, {"a": "b"}):
        path = tmp_path / "b.jsonl"
        path.write_text(json.dumps({"text": wrong}) + "\n", encoding="utf-8")
        items = list(read_articles(find_source_files([str(path)]).inputs, IngestOptions(20_000)))
        assert [item.kind for item in items if isinstance(item, Reject)] == ["bad field"]


def test_two_columns_with_one_value_are_one_value(tmp_path: Path) -> None:
    """Also where one says it in another form, or says nothing; two values are refused by name."""
    url = "https://ex.example/3"
    article, odd = one(tmp_path, url=url, link=url, published="2023-07-25", date=1690272000, source="A", outlet="nan")
    assert (article.id, article.published, article.source, odd) == (url, "2023-07-25", "A", ("source",))

    path = tmp_path / "b.jsonl"
    path.write_text(json.dumps({"text": "x", "title": "A", "headline": "B"}) + "\n", encoding="utf-8")
    items = list(read_articles(find_source_files([str(path)]).inputs, IngestOptions(20_000)))
    assert [item.reason for item in items if isinstance(item, Reject)] == ["two columns hold the title"]


@pytest.mark.parametrize(
    ("case", "days", "left_empty"),
    [
        ("F29/newsapi.jsonl", [""], 0),
        (
            "F30/dates.jsonl",
            [*["2023-07-25"] * 3, "", "", "", "2023-07-25", "", *["2023-07-25"] * 2, "", "", *["2023-07-25"] * 3],
            6,
        ),
        (
            "F31/dates.csv",
            ["", *["2023-02-13"] * 3, *[""] * 9, *["2023-02-13"] * 5],
            10,
        ),
        ("F32/rowdup.jsonl", ["", "", ""], 0),
    ],
)
def test_the_cases_of_details(case: str, days: list[str], left_empty: int) -> None:
    """Every article is taken, dated where its date has one reading, and what was left empty is counted."""
    if not CASES.is_dir():
        pytest.skip("the shared cases are not here")
    articles, left = taken(CASES / case)

    assert [article.published for article in articles] == days
    assert sum(map(len, left)) == left_empty
    if case.startswith("F29"):
        assert [article.source for article in articles] == ["Example Times"]


def test_what_was_left_empty_and_what_has_markup_is_told(tmp_path: Path) -> None:
    """By field, in the terminal and as JSON; a text with tags is kept to the letter."""
    text = "<p>Ministers met in <b>Oslo</b>.</p>&nbsp;"
    rows: list[dict[str, Any]] = [
        {"id": "a", "text": text, "date": "NaT"},
        {"id": "b", "text": "1 < 2 & 3 > 2, AT&T", "title": 5},
    ]
    (tmp_path / "a.json").write_text(json.dumps(rows), encoding="utf-8")
    for form, told in (("--json", '"left_empty": {'), ("", "left empty")):
        run = CliRunner().invoke(
            cli, ["--workspace", str(tmp_path / f"w{form}"), "ingest", str(tmp_path / "a.json"), *form.split()]
        )
        assert run.exit_code == 0, run.output
        assert told in run.output
        assert "markup" in run.output
        kept = [json.loads(line) for line in (tmp_path / f"w{form}" / "articles.jsonl").read_text("utf-8").splitlines()]
        assert [row["text"] for row in kept] == [row["text"] for row in rows]
    assert "1 published, 1 title" in run.output


@pytest.mark.parametrize("date_text", ["\u0e01a" * 1_000_000, "\u0627\u0627 1" * 1_000_000])
def test_a_text_in_place_of_a_date_is_not_searched_for_calendars(date_text: str) -> None:
    """In Thai or Arabic that took the square of its length."""
    assert read_detail("published", date_text).odd == "published"
