"""WebAnno TSV 3: layers, stacked and discontinuous annotations, parts of tokens, relations, on the file's own text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.articles import Reject
from labeling.imports.conll import ColumnTerms, read_conll
from labeling.imports.record import ImportRecord

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = frozenset({"PERSON", "COUNTRY", "GOV_BODY"})
NER = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
HEAD = (
    "#FORMAT=WebAnno TSV 3.3\n"
    "#T_SP=de.tudarmstadt.ukp.dkpro.core.api.lexmorph.type.pos.POS|PosValue\n"
    f"#T_SP={NER}|identifier|value\n"
    f"#T_RL=webanno.custom.Link|kind|BT_{NER}\n\n\n"
)


def _read(folder: Path, rows: str, head: str = HEAD) -> ImportRecord | Reject:
    path = folder / "a.tsv"
    path.write_text(head + rows, encoding="utf-8")
    (item,) = read_conll(path, "a", lambda _: None, ColumnTerms(known=KNOWN))
    return item


def test_layers_and_relations_are_read_on_the_files_text(tmp_path: Path) -> None:
    """Offsets count UTF-16, and are those of the text; a relation goes from the row that is named to its own."""
    record = _read(
        tmp_path,
        "#Text=\U0001f600 Anna Berg, of Chad's Ministry\n"
        "1-1\t0-2\t\U0001f600\tSYM\t_\t_\t_\t_\t\n"
        "1-2\t3-7\tAnna\tNNP\thttp://x/1[1]\tPERSON[1]\t_\t_\t\n"
        "1-3\t8-12\tBerg\tNNP\thttp://x/1[1]\tPERSON[1]\t_\t_\t\n"
        "1-4\t12-13\t,\t,\t_\t_\t_\t_\t\n"
        "1-5\t14-16\tof\tIN\t_\t_\t_\t_\t\n"
        "1-6\t17-21\tChad\tNNP\t*[2]|*[3]\tGOV_BODY[2]|COUNTRY[3]\t_\t_\t\n"
        "1-7\t21-23\t's\tPOS\t*[2]\tGOV_BODY[2]\t_\t_\t\n"
        "1-8\t24-32\tMinistry\tNNP\t*[2]\tGOV_BODY[2]\tWORKS_FOR\t1-2[1_2]\t\n\n"
        "#Text=Talks began.\n"
        "2-1\t33-38\tTalks\tNNS\t_\t_\t_\t_\t\n2-2\t39-44\tbegan\tVBD\t_\t_\t_\t_\t\n2-3\t44-45\t.\t.\t_\t_\t_\t_\t\n",
    )

    assert isinstance(record, ImportRecord)
    assert record.row.text == "\U0001f600 Anna Berg, of Chad's Ministry\nTalks began."
    assert [(mark.label, *mark.parts) for mark in record.marks] == [
        ("PERSON", (2, 11)),
        ("GOV_BODY", (16, 31)),
        ("COUNTRY", (16, 20)),
    ]
    assert [(link.head, link.tail, link.label) for link in record.links] == [
        ("PERSON:2-11", "GOV_BODY:16-31", "WORKS_FOR")
    ]
    assert record.ignored == {"POS.PosValue", "NamedEntity.identifier"}


def test_an_annotation_apart_is_discontinuous_and_a_part_of_a_token_a_span(tmp_path: Path) -> None:
    """A number on tokens that are apart is one annotation of two parts; a row with a dot is a part of a token."""
    record = _read(
        tmp_path,
        "#Text=Anna von Berg bei Tschadreise\n"
        "1-1\t0-4\tAnna\t_\t*[1]\tPERSON[1]\t_\t_\t\n"
        "1-2\t5-8\tvon\t_\t_\t_\t_\t_\t\n"
        "1-3\t9-13\tBerg\t_\t*[1]\tPERSON[1]\t_\t_\t\n"
        "1-4\t14-17\tbei\t_\t_\t_\t_\t_\t\n"
        "1-5\t18-29\tTschadreise\t_\t_\t_\t_\t_\t\n"
        "1-5.1\t18-24\tTschad\t_\t*\tCOUNTRY\t_\t_\t\n",
    )

    assert isinstance(record, ImportRecord)
    assert [(mark.label, mark.parts) for mark in record.marks] == [
        ("PERSON", ((0, 4), (9, 13))),
        ("COUNTRY", ((18, 24),)),
    ]


def test_tokens_that_are_not_in_the_text_refuse_the_file(tmp_path: Path) -> None:
    """A text that is not that of the tokens is not guessed at, nor is a line of no form passed over."""
    for rows in ("#Text=Anna left\n1-1\t0-4\tBerg\t_\t_\t_\t_\t_\t\n", "#Text=Anna\n1-1 0-4 Anna\n"):
        refused = _read(tmp_path, rows)

        assert isinstance(refused, Reject)
        assert "WebAnno TSV 3" in refused.reason
