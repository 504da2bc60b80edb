"""Lines of WebAnno TSV 3 that were damaged: words stay where they can be read, nothing is passed over in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labeling.articles import Reject
from labeling.imports.conll import ColumnTerms, read_conll
from labeling.imports.layer_lines import measure
from labeling.imports.record import ImportRecord

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = frozenset({"PERSON", "COUNTRY"})
HEAD = "#FORMAT=WebAnno TSV 3.3\n#T_SP=webanno.custom.Entity|identifier|value\n\n"
ROWS = (
    "#Text=Anna met Chad\n1-1\t0-4\tAnna\t*\tPERSON\n1-2\t5-8\tmet\t_\t_\n1-3\t9-13\tChad\t*\tCOUNTRY\n\n"
    "#Text=Mali left\n2-1\t14-18\tMali\t*\tCOUNTRY\n2-2\t19-23\tleft\t_\t_\n"
)


def _read(folder: Path, content: str) -> ImportRecord | Reject:
    path = folder / "a.tsv"
    path.write_text(content, encoding="utf-8")
    (item,) = read_conll(path, "a", lambda _: None, ColumnTerms(known=KNOWN))
    return item


@pytest.mark.parametrize(
    "cells",
    [
        *("", "*", "*\tCOUNTRY\tmore", "*\tCOUNTRY[", "*\tCOUNTRY[1", "*\t[1]", "*\tCOUNTRY|", "*\t|COUNTRY"),
        *("*\tCOUNTRY[1]x", "*\tCOUNTRY\\"),
    ],
)
def test_a_row_whose_cells_cannot_be_read_leaves_its_sentence_open(tmp_path: Path, cells: str) -> None:
    """Its word is a word of the text; what it says is listed, and the other sentence is whole."""
    record = _read(tmp_path, HEAD + ROWS.replace("Chad\t*\tCOUNTRY", f"Chad\t{cells}".rstrip("\t")))

    assert isinstance(record, ImportRecord)
    assert record.row.text == "Anna met Chad\nMali left"
    assert [(mark.label, *mark.parts) for mark in record.marks] == [("PERSON", (0, 4)), ("COUNTRY", (14, 18))]
    assert [(each.id, each.kind) for each in record.misfits] == [("row 1-3", "unreadable")]
    assert record.open == ((0, 13),)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("#T_SP=", "#T_XX=", "line 2 is not a row or a layer"),
        ("#T_SP=webanno.custom.Entity|identifier|value\n", "", "2 cells, and the head names 0"),
        ("|identifier|value", "|value", "2 cells, and the head names 1"),
        ("\t_\t_\n", "\t_\n", ""),
        ("2-1\t", "1-1\t", "two rows are called 1-1"),
        ("2-1\t14-18\tMali", "2-1.1\t14-16\tMa", "row 2-1.1 is a part of a token that is not there"),
        ("\t14-18\t", "\t999999999999-999999999999\t", "signs before line"),
        ("\t14-18\t", "\t14-18x\t", "is not a row"),
        ("1-2\t5-8\tmet\t_\t_\n", "", "tokens are not in the text"),
    ],
)
def test_a_file_whose_head_or_rows_do_not_fit_is_refused(tmp_path: Path, old: str, new: str, why: str) -> None:
    """By the line; cells that are missing everywhere are not a damage of a row."""
    refused = _read(tmp_path, (HEAD + ROWS).replace(old, new))

    if why:
        assert isinstance(refused, Reject)
        assert why in refused.reason
    else:
        assert isinstance(refused, ImportRecord)
        assert len(refused.misfits) == 2


def test_one_value_does_not_make_a_column_that_of_the_labels(tmp_path: Path) -> None:
    """The column with most labels of the schema is; a stray one in another is not its rival."""
    record = _read(tmp_path, HEAD + ROWS.replace("met\t_\t_", "met\tPERSON\t_"))

    assert isinstance(record, ImportRecord)
    assert [mark.label for mark in record.marks] == ["PERSON", "COUNTRY", "COUNTRY"]


@pytest.mark.parametrize("unit", ["utf-16", "code-points", "utf-8"])
def test_parts_of_tokens_and_gaps_are_those_of_any_counting(tmp_path: Path, unit: str) -> None:
    """Which one it is, the lengths of the tokens tell: two line ends stay two, and a part begins where it begins."""
    text = "\U0001f600Jürg Mali\n\nMali"
    places = {word: measure(text[: text.index(word)], unit) for word in ("\U0001f600", "Jürg", "Mali")}
    last, size = measure(text[:-4], unit), measure("\U0001f600Jürg", unit)
    record = _read(
        tmp_path,
        f"{HEAD}#Text=\U0001f600Jürg Mali\n1-1\t0-{size}\t\U0001f600Jürg\t_\t_\n"
        f"1-1.1\t{places['Jürg']}-{size}\tJürg\t*\tPERSON\n"
        f"1-2\t{places['Mali']}-{places['Mali'] + 4}\tMali\t_\t_\n\n"
        f"#Text=Mali\n2-1\t{last}-{last + 4}\tMali\t*\tCOUNTRY\n",
    )

    assert isinstance(record, ImportRecord)
    assert record.row.text == text
    assert [(mark.label, *mark.parts) for mark in record.marks] == [("PERSON", (1, 5)), ("COUNTRY", (12, 16))]


def test_two_heads_of_one_layer_are_both_read(tmp_path: Path) -> None:
    """A layer that is named twice has its annotations in both places."""
    head = HEAD.replace("\n\n", "\n#T_SP=webanno.custom.Entity|identifier|value\n\n")
    record = _read(
        tmp_path, f"{head}#Text=Anna Chad\n1-1\t0-4\tAnna\t*\tPERSON\t_\t_\n1-2\t5-9\tChad\t_\t_\t*\tCOUNTRY\n"
    )

    assert isinstance(record, ImportRecord)
    assert [mark.label for mark in record.marks] == ["PERSON", "COUNTRY"]
