"""Files of columns: tokens, tags, comments and documents are found by looking at them, or refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from labeling.articles import Reject
from labeling.errors import UsageError
from labeling.imports.column_layout import ColumnChoice, parse_column_choice, tell_layouts
from labeling.imports.conll import ColumnTerms, read_conll
from labeling.imports.record import ImportItem, ImportRecord

LABELS = frozenset({"PERSON", "COUNTRY", "GOV_BODY"})
CASES = Path(__file__).parents[3] / "shared" / "cases"


def _read(folder: Path, content: str | bytes, terms: ColumnTerms | None = None) -> list[ImportItem]:
    path = folder / "a.conll"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read_conll(path, "a", lambda _: None, terms or ColumnTerms(known=LABELS)))


def _one(folder: Path, content: str | bytes, terms: ColumnTerms | None = None) -> ImportRecord:
    (record,) = _read(folder, content, terms)
    assert isinstance(record, ImportRecord), record
    return record


def _spans(record: ImportRecord) -> list[tuple[str, str]]:
    text = record.row.text
    return [(mark.label, text[mark.parts[0][0] : mark.parts[0][1]]) for mark in record.marks]


UNUSED = "\t_" * 7
ANNA = [("PERSON", "Anna Berg"), ("COUNTRY", "Chad")]
TEXT = "Anna Berg visited Chad"
# One sentence in many forms; each is that text with those two spans.
FORMS = {
    "token and tag": "Anna B-PERSON\nBerg I-PERSON\nvisited O\nChad B-COUNTRY\n",
    "2002": "Anna NP B-PERSON\nBerg NP I-PERSON\nvisited VMI O\nChad NP B-COUNTRY\n",
    "2003": "Anna NNP I-NP I-PERSON\nBerg NNP I-NP I-PERSON\nvisited VBD I-VP O\nChad NNP I-NP I-COUNTRY\n",
    "GermEval": "#\thttp://x.de [2009-10-17]\n1\tAnna\tB-PERSON\tO\n2\tBerg\tI-PERSON\tO\n3\tvisited\tO\tO\n"
    "4\tChad\tB-COUNTRY\tO\n",
    "numbers from 0": "0\tAnna\tB-PERSON\n1\tBerg\tI-PERSON\n2\tvisited\tO\n3\tChad\tB-COUNTRY\n",
    "MultiCoNER": "# id 7f-1\tdomain=en\nAnna _ _ B-PERSON\nBerg _ _ I-PERSON\nvisited _ _ O\nChad _ _ B-COUNTRY\n",
    "IO": "Anna\tPERSON\nBerg\tPERSON\nvisited\tO\nChad\tCOUNTRY\n",
    "underscores": "Anna B_PERSON\nBerg I_PERSON\nvisited O\nChad B_COUNTRY\n",
    "label first": "Anna PERSON-B\nBerg PERSON-I\nvisited O\nChad COUNTRY-B\n",
    "lower case": "Anna b-PERSON\nBerg i-PERSON\nvisited o\nChad b-COUNTRY\n",
    "tag first": "B-PERSON\tAnna\nI-PERSON\tBerg\nO\tvisited\nB-COUNTRY\tChad\n",
    "BIOES": "Anna B-PERSON\nBerg E-PERSON\nvisited O\nChad S-COUNTRY\n",
    "BILOU": "Anna B-PERSON\nBerg L-PERSON\nvisited O\nChad U-COUNTRY\n",
    "BMEWO": "Anna B-PERSON\nBerg E-PERSON\nvisited O\nChad W-COUNTRY\n",
    "commas": "Anna,B-PERSON\nBerg,I-PERSON\nvisited,O\nChad,B-COUNTRY\n",
    "quoted": '"token","tag"\n"Anna","B-PERSON"\n"Berg","I-PERSON"\n"visited","O"\n"Chad","B-COUNTRY"\n',
    "commas and blanks": "Anna, NNP, B-PERSON\nBerg, NNP, I-PERSON\nvisited, VBD, O\nChad, NNP, B-COUNTRY\n",
    "tabs in a row": "Anna\t\tB-PERSON\nBerg\t\t\tI-PERSON\nvisited\tO\nChad\t\tB-COUNTRY\n",
    "bars": "Anna|B-PERSON\nBerg|I-PERSON\nvisited|O\nChad|B-COUNTRY\n",
    "words with tags": "Anna/B-PERSON Berg/I-PERSON visited/O Chad/B-COUNTRY\n",
    "words with parts of speech and tags": "Anna|NNP|I-PERSON Berg|NNP|I-PERSON visited|VBD|O Chad|NNP|I-COUNTRY\n",
    "two lists": "Anna Berg visited Chad\tB-PERSON I-PERSON O B-COUNTRY\n",
    "trailing blanks": "Anna B-PERSON  \nBerg I-PERSON\t\nvisited O \nChad B-COUNTRY\n \t\n",
    "named columns": "TOKEN\tNE-COARSE\tNE-METO\n# document = 1\nAnna\tB-PERSON\tO\nBerg\tI-PERSON\tO\nvisited\tO\tO\n"
    "Chad\tB-COUNTRY\tO\n",
    "sentences named once": "Sentence #,Word,Tag\nSentence: 1,Anna,B-PERSON\n,Berg,I-PERSON\n,visited,O\n"
    ",Chad,B-COUNTRY\n",
    "chunks by letters": "Anna B B-PERSON\nBerg I I-PERSON\nvisited O O\nChad B B-COUNTRY\n",
    "brackets": "Anna NNP (NP* (PERSON*\nBerg NNP *) *)\nvisited VBD (VP* *\nChad NNP (NP*)) (COUNTRY*)\n",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("mark", "end"), [("", "\n"), ("\ufeff", "\r\n"), ("", "\r")])
def test_one_sentence_is_read_in_any_form(tmp_path: Path, form: str, mark: str, end: str) -> None:
    """The same text and spans, with and without a byte order mark, whatever the line ends; and how it was read."""
    record = _one(tmp_path, mark + FORMS[form].replace("\n", end))

    assert (record.row.text, _spans(record), record.misfits) == (TEXT, ANNA, ())
    assert "tokens in column" in record.layout


def test_universal_dependencies_give_text_and_tags(tmp_path: Path) -> None:
    """The text of the comment, or SpaceAfter; ranges are printed tokens, empty nodes are not; tags are of any key."""
    lines = (
        "# newdoc id = wire/1\n# sent_id = 1\n# text = Anna vola-t du Tchad.\n"
        "1\tAnna\tAnna\tPROPN\tNNP\t_\t2\tnsubj\t_\tName=B-PERSON\n"
        "2-3\tvola-t\t_\t_\t_\t_\t_\t_\t_\t_\n"
        "2\tvola\tvoler\tVERB\tVBD\t_\t0\troot\t_\tName=O\n"
        "3\tt\tt\tPRON\tPRP\t_\t2\texpl\t_\tName=O\n"
        "3.1\telle\telle\tPRON\tPRP\t_\t_\t_\t_\t_\n"
        "4-5\tdu\t_\t_\t_\t_\t_\t_\t_\t_\n"
        "4\tde\tde\tADP\tIN\t_\t6\tcase\t_\tName=O\n"
        "5\tle\tle\tDET\tDT\t_\t6\tdet\t_\tName=O\n"
        "6\tTchad\tTchad\tPROPN\tNNP\t_\t2\tobl\t_\tName=B-COUNTRY|SpaceAfter=No\n"
        "7\t.\t.\tPUNCT\t.\t_\t2\tpunct\t_\tName=O\n\n"
    )
    own = _one(tmp_path, lines)
    rebuilt = _one(tmp_path, lines.replace("# text =", "# texte ="))

    for record in (own, rebuilt):
        assert (record.row.id, record.row.text) == ("wire/1", "Anna vola-t du Tchad.")
        assert (_spans(record), record.misfits) == ([("PERSON", "Anna"), ("COUNTRY", "Tchad")], ())
    assert {"# sent_id", "# texte"} <= rebuilt.ignored


def test_a_name_of_half_a_printed_token_is_listed(tmp_path: Path) -> None:
    """The range is one token, of which one word is a name: no tag says that, so it is not guessed."""
    rows = [
        ("1-2", "allEgitto", "_"),
        ("1", "all", "NER=O"),
        ("2", "Egitto", "NER=B-COUNTRY"),
        ("3", "Anna", "NER=B-PERSON"),
        ("4", "c'è", "NER=O"),
    ]
    record = _one(tmp_path, "".join(f"{name}\t{word}{UNUSED}\t{misc}\n" for name, word, misc in rows))

    assert (record.row.text, _spans(record)) == ("allEgitto Anna c'è", [("PERSON", "Anna")])
    assert [each.id for each in record.misfits] == ["line 1"]


def test_mentions_in_brackets_are_read(tmp_path: Path) -> None:
    """`Entity=` of coreference corpora: nested, with the label among the fields of a mention."""
    entities = ["(1-PERSON-new(2-GOV_BODY-old)", "1)", "_", "(3-COUNTRY)"]
    words = ["Minister", "Berg", "visited", "Chad"]
    record = _one(
        tmp_path,
        "".join(
            f"{number}\t{word}{UNUSED}\t{'_' if entity == '_' else f'Entity={entity}'}\n"
            for number, (word, entity) in enumerate(zip(words, entities, strict=True), start=1)
        ),
    )

    assert _spans(record) == [("PERSON", "Minister Berg"), ("GOV_BODY", "Minister"), ("COUNTRY", "Chad")]


def test_several_columns_of_tags_are_layers(tmp_path: Path) -> None:
    """Outer and inner names, in two or three columns; an unknown label is read, too, and told by the checks."""
    record = _one(
        tmp_path,
        "The O O O\nMinistry B-GOV_BODY O O\nof I-GOV_BODY O O\nChad I-GOV_BODY B-COUNTRY B-FOO\nsaid O O O\n",
    )

    assert _spans(record) == [("GOV_BODY", "Ministry of Chad"), ("COUNTRY", "Chad"), ("FOO", "Chad")]


def test_two_opinions_are_not_layers(tmp_path: Path) -> None:
    """Gold and a system's tags share spans, which layers never do: refused, and --columns takes one of them."""
    lines = "Anna B-PERSON B-PERSON\nmet O O\nthe O B-PERSON\nChad B-COUNTRY B-COUNTRY\n"
    (refused,) = _read(tmp_path, lines)
    chosen = _one(tmp_path, lines, ColumnTerms(ColumnChoice(0, (2,)), LABELS))

    assert isinstance(refused, Reject)
    assert "two opinions" in refused.reason
    assert "--columns" in refused.todo
    assert [label for label, _ in _spans(chosen)] == ["PERSON", "PERSON", "COUNTRY"]
    assert len(_spans(_one(tmp_path, "Anna B-PERSON B-PERSON\nmet O O\n"))) == 1


def test_chunks_are_not_names(tmp_path: Path) -> None:
    """Of BIO columns, one with chunks is passed over and named; alone it is what was annotated."""
    record = _one(tmp_path, "Anna NNP B-NP B-PERSON\nmet VBD B-VP O\nChad NNP B-NP B-FOO\n")
    last = _one(tmp_path, "Anna B-PERSON NNP B-NP\nmet O VBD B-VP\nChad B-COUNTRY NNP B-NP\n")
    alone = _one(tmp_path, "Anna NNP B-NP\nmet VBD B-VP\n", ColumnTerms(known=LABELS))

    assert _spans(record) == [("PERSON", "Anna"), ("FOO", "Chad")]
    assert "column 3 (B-NP, B-VP)" in record.ignored
    assert _spans(last) == [("PERSON", "Anna"), ("COUNTRY", "Chad")]
    assert _spans(alone) == [("NP", "Anna"), ("VP", "met")]


def test_a_hash_is_a_token_where_it_has_a_tag(tmp_path: Path) -> None:
    """`#` and hashtags with a tag like the others are tokens; headers of sentences, with or without a sign, are not."""
    record = _one(
        tmp_path,
        "# id 5 domain=en\n# sentence 1\n#\tO\n#Chad\tB-COUNTRY\nwins\tO\n\n# a remark\n# of two lines\nyes\tO\n",
    )

    assert record.row.text == "# #Chad wins\nyes"
    assert _spans(record) == [("COUNTRY", "#Chad")]


@pytest.mark.parametrize(
    ("mark", "names"),
    [
        ("-DOCSTART- ({})", ["7", "8"]),
        ("-DOCSTART- ({} EU)", ["7 EU", "8 EU"]),
        ("-DOCSTART- -X- -{}- O", ["7", "8"]),
        ("-DOCSTART-\tdoc{}\tO", ["doc7", "doc8"]),
        ("--DOCSTART-- -X- O O", ["a#1", "a#2"]),
        ("-docstart- NN O", ["a#1", "a#2"]),
        ("O\t-DOCSTART-", ["a#1", "a#2"]),
        ("# newdoc id = wire/{}", ["wire/7", "wire/8"]),
        ("# doc_id = {}", ["7", "8"]),
        ("# newdoc", ["a#1", "a#2"]),
        ("#begin document (bc/{}); part 000", ["bc/7", "bc/8"]),
        ("#begin document bc/{}", ["bc/7", "bc/8"]),
        ("###MEDLINE:{}", ["7", "8"]),
    ],
)
def test_documents_have_the_ids_of_the_file(tmp_path: Path, mark: str, names: list[str]) -> None:
    """In any spelling of their marks; where these have no id, the file's name and a number."""
    records = _read(tmp_path, "".join(f"{mark.format(number)}\n\nAnna\tB-PERSON\nwins\tO\n\n" for number in (7, 8)))

    assert [record.row.id for record in records if isinstance(record, ImportRecord)] == names
    assert [record.row.text for record in records if isinstance(record, ImportRecord)] == ["Anna wins"] * 2


def test_parts_of_a_document_are_told_apart(tmp_path: Path) -> None:
    """CoNLL-2012 cuts long documents into parts, each with the document's name."""
    part = "#begin document (bc/7); part 00{}\nbc/7 0 0 Anna NNP (NP*) - - - - (PERSON*) * -\n\n#end document\n"
    names = [record.row.id for record in _read(tmp_path, part.format(0) + part.format(1)) if hasattr(record, "row")]

    assert names == ["bc/7", "bc/7#1"]


def test_a_long_file_names_the_option_that_cuts_it(tmp_path: Path) -> None:
    """Without documents a file is one article; the refusal counts the spans and names --sentences-per-article."""
    lines = "Anna B-PERSON\nvisited O\n\n" * 5
    (refused,) = _read(tmp_path, lines, ColumnTerms(known=LABELS, max_characters=50))
    cut = _read(tmp_path, lines, ColumnTerms(known=LABELS, max_characters=50, sentences=2))

    assert isinstance(refused, Reject)
    assert (refused.kind, "5 spans" in refused.reason) == ("over-long", True)
    assert "--sentences-per-article" in refused.todo
    assert [(each.row.id, each.row.text.count("Anna")) for each in cut if isinstance(each, ImportRecord)] == [
        ("a#1", 2),
        ("a#2", 2),
        ("a#3", 1),
    ]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("安娜 访问 了 乍得 。", "安娜访问了乍得。"),
        ("安 娜 访 问 乍 得", "安娜访问乍得"),
        ("アンナ は Apple Watch を 買った", "アンナはApple Watchを買った"),
        ("แอนนา เยือน ชาด", "แอนนาเยือนชาด"),
        ("안나 는 차드 를", "안나 는 차드 를"),
        ("Anna (安娜) visited Chad", "Anna (安娜) visited Chad"),
    ],
)
def test_languages_without_blanks_get_none(tmp_path: Path, words: str, text: str) -> None:
    """The script of the tokens tells; words of another script keep theirs between them."""
    tokens = words.split()
    lines = "".join(f"{word}\t{'B-PERSON' if number == 0 else 'O'}\n" for number, word in enumerate(tokens))
    record = _one(tmp_path, lines)

    assert (record.row.text, _spans(record)) == (text, [("PERSON", tokens[0])])


@pytest.mark.parametrize(
    ("lines", "text", "listed"),
    [
        ("Anna B-PERSON\nBerg I-PERSON\n-\nvisited O\n", "Anna Berg - visited", ["line 3"]),
        ("Anna NNP B-PERSON\nmet VBD O\nBerg\nin IN O\nit PRP O\n", "Anna met Berg in it", ["line 3"]),
        ("1\tAnna\tB-PERSON\n2\tBerg\n3\tmet\tO\n4\tus\tO\n", "Anna Berg met us", ["line 2"]),
        ("Anna\tB-PERSON\nBerg\tI-PERSON\thm\nmet\tO\nus\tO\n", "Anna Berg met us", ["line 2"]),
        ("Anna B-PERSON\nNew York B-COUNTRY\nmet O\nus O\n", "Anna New York met us", []),
        (
            "Anna B-PERSON\nBerg\nSmith I-PERSON\nmet O\nus O\n",
            "Anna Berg Smith met us",
            ["line 2", "line 1", "line 3"],
        ),
    ],
)
def test_words_of_a_bad_line_stay(tmp_path: Path, lines: str, text: str, listed: list[str]) -> None:
    """A line without a tag, or with a cell too many, is listed by its number; a span it may be part of is, too."""
    record = _one(tmp_path, lines)

    assert record.row.text == text
    assert [each.id for each in record.misfits] == listed


@pytest.mark.parametrize(
    "bad",
    ["\tO", "O", "Anna Berg NNP B-PERSON O", "New York XYZ B-NP B-COUNTRY"],
    ids=["no word", "O", "more", "shift"],
)
def test_an_article_whose_words_cannot_be_read_is_refused(tmp_path: Path, bad: str) -> None:
    """By name and line, never cut; the other documents of the file are read."""
    good = "Anna NNP B-NP B-PERSON\nmet VBD B-VP O\nus PRP B-NP O\n\n"
    one, two = _read(tmp_path, f"# newdoc id = one\n{good}{bad}\n\n# newdoc id = two\n{good}{good}{good}")

    assert isinstance(one, Reject)
    assert (one.id, "line 6" in one.reason) == ("one", True)
    assert isinstance(two, ImportRecord)


@pytest.mark.parametrize(
    "prose",
    [
        "Norway and Chad met in Oslo.\n\nThey signed.",
        "Norway and Chad met in Oslo.",
        "Talks began.\nTalks ended.\n",
        "One\nword\na\nline\n",
        "id,title\n",
        "The B-52 took off from a U-boat.\nThen came a T-shirt, O my.\n",
    ],
)
def test_prose_is_not_columns(tmp_path: Path, prose: str) -> None:
    """Refused as what it is not; no article is made of its first words."""
    (refused,) = _read(tmp_path, prose)

    assert isinstance(refused, Reject)
    assert "these are not columns" in refused.reason


def test_what_cannot_be_decided_is_refused_with_what_was_seen(tmp_path: Path) -> None:
    """Two columns that are neither tags nor numbers: each is shown, and --columns decides."""
    lines = "Anna n x1\nBerg n x1\nleft v x2\nChad n x3\n"
    (refused,) = _read(tmp_path, lines)
    record = _one(tmp_path, lines, ColumnTerms(ColumnChoice(0, (2,)), LABELS))

    assert isinstance(refused, Reject)
    assert "column 2 has n, v; column 3 has x1, x2, x3" in refused.reason
    assert "--columns token=2,tag=4" in refused.todo
    assert _spans(record) == [("x1", "Anna Berg"), ("x2", "left"), ("x3", "Chad")]


def test_columns_are_named_from_one() -> None:
    """Several tags are layers; what names no column is refused."""
    assert parse_column_choice("token=2,tag=4, tag=5") == ColumnChoice(1, (3, 4))
    assert parse_column_choice("") == ColumnChoice()
    for words in ("2,4", "token=2", "tag=4", "token=0,tag=1", "token=2,tag=2", "token=1,token=2,tag=3", "word=1,tag=2"):
        with pytest.raises(UsageError, match="--columns"):
            parse_column_choice(words)


UNTAGGED = """1\tAnna\tAnna\tPROPN\tNNP\t_\t2\tnsubj\t_\t_
2\tleft\tleave\tVERB\tVBD\t_\t0\troot\t_\t_
3\tChad\tChad\tPROPN\tNNP\t_\t2\tobj\t_\t_
"""
KAGGLE = (
    "Sentence #,Wort,POS,Ebene\nSentence: 1,Anna,NNP,B-PERSON\n,Berg,NNP,I-PERSON\n,left,VBD,O\n,Chad,NNP,B-COUNTRY\n"
)


def test_columns_are_named_as_the_first_line_names_them(tmp_path: Path) -> None:
    """In any case, beside numbers; that line is not a word of the text."""
    for words in ("token=Wort,tag=Ebene", "token=wort,tag=4", "token=2,tag=EBENE"):
        record = _one(tmp_path, KAGGLE, ColumnTerms(parse_column_choice(words), LABELS))
        assert record.row.text == "Anna Berg left Chad"
        assert _spans(record) == ANNA


def test_a_name_that_the_first_line_lacks_is_refused(tmp_path: Path) -> None:
    """With that line, and not by a number that it could mean."""
    (refused,) = _read(tmp_path, KAGGLE, ColumnTerms(parse_column_choice("token=Wort,tag=Tag"), LABELS))

    assert isinstance(refused, Reject)
    assert "its first line does not have the names Wort, Tag: Sentence #,Wort,POS,Ebene" in refused.reason


@pytest.mark.parametrize(
    "note", ['"a note"', '"a note\nof two lines"', '"one, with ""quotes""\n\nand a blank line"', '"B-PERSON\n9,O"']
)
def test_a_cell_of_several_lines_is_one_cell(tmp_path: Path, note: str) -> None:
    """Numbers under a name are not the words; lines after it keep their numbers."""
    lines = f"id,word,tag,note\n1,Anna,B-PERSON,{note}\n2,Berg,I-PERSON,x\n3,visited,O,y\n4,Chad,B-COUNTRY,z\n"
    record = _one(tmp_path, lines + "5,on,?,z\n6,Monday,O,z\n")

    assert record.row.text == f"{TEXT} on Monday"
    assert _spans(record) == ANNA
    assert [each.id for each in record.misfits] == [f"line {6 + note.count(chr(10))}"]


def test_a_quote_alone_swallows_no_rows(tmp_path: Path) -> None:
    """Under a line of names with commas between it is unclear, and listed; the rows after it are rows."""
    record = _one(tmp_path, 'word,tag\n",O\nAnna,B-PERSON\nBerg,I-PERSON\nvisited,O\nChad,B-COUNTRY\n",O\n')

    assert _spans(record) == ANNA
    assert [each.id for each in record.misfits] == ["line 2", "line 7"]


AIDA = (
    "-DOCSTART- (1 Berg)\nAnna\tB\tAnna Berg\tAnna_Berg\thttp://x.example/1\t1\t/m/1\nBerg\tI\tAnna Berg\tAnna_Berg\t"
    "http://x.example/1\t1\t/m/1\nvisited\nChad\tB\tChad\t--NME--\n\n-DOCSTART- (2 Rain)\nNobody\nleft\n.\n"
)


def test_words_without_cells_are_outside_where_only_names_have_any(tmp_path: Path) -> None:
    """AIDA's files: what they mark has no label, and what is not read of a name is told."""
    one, other = _read(tmp_path, AIDA)

    assert isinstance(one, ImportRecord)
    assert isinstance(other, ImportRecord)
    assert (one.row.id, one.row.text, _spans(one)) == ("1 Berg", TEXT, [("entity", "Anna Berg"), ("entity", "Chad")])
    assert (other.row.text, other.marks, other.misfits) == ("Nobody left .", (), ())
    assert "words without cells are outside" in one.layout
    assert any(each.startswith("column 4 (Anna_Berg, --NME--") for each in one.ignored)


def test_words_without_cells_beside_tags_are_no_tags(tmp_path: Path) -> None:
    """A line of a token alone is one without a tag, where others outside have theirs."""
    record = _one(tmp_path, "Anna\tB-PERSON\nBerg\tI-PERSON\nvisited\nChad\tB-COUNTRY\nonce\tO\n")

    assert [each.kind for each in record.misfits][:1] == ["unreadable"]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (
            UNTAGGED,
            "these are the columns of CoNLL-U, with syntax and without tags of names",
        ),
        ("Anna\t1.5\nleft\t2.5\nChad\t7.5\n", "none of its columns has tags; column 1 has Anna, left, Chad"),
    ],
)
def test_columns_without_tags_are_called_so(tmp_path: Path, lines: str, reason: str) -> None:
    """And not no columns."""
    (refused,) = _read(tmp_path, lines)

    assert isinstance(refused, Reject)
    assert reason in refused.reason
    assert "labeling ingest" in refused.todo


def test_ways_to_read_columns_have_their_files_where_they_differ() -> None:
    """The first file of each, and how many more there are."""
    assert tell_layouts({"one way": {"a.txt": None, "b.txt": None}}) == ["one way"]
    assert tell_layouts({"one way": {"b.txt": None, "c.txt": None}, "another": {"a.txt": None}}) == [
        "a.txt: another",
        "b.txt and 1 more: one way",
    ]


def test_a_column_that_names_sentences_cuts_them(tmp_path: Path) -> None:
    """Its cell is empty but in the first row of each; a quoted comma is a token."""
    one = 'Sentence #,Word,POS,Tag\nSentence: 1,Anna,NNP,B-PERSON\n,",",",",O\n'
    lines = one + "Sentence: 2,Chad,NNP,B-COUNTRY\n,left,VBD,O\n"

    assert _one(tmp_path, lines).row.text == "Anna ,\nChad left"


def test_letters_alone_are_entities_without_a_name(tmp_path: Path) -> None:
    """A corpus of one kind of name has no labels; the map can name it."""
    record = _one(tmp_path, "Anna B\nBerg I\nmet O\nChad B\n. O\n")

    assert _spans(record) == [("entity", "Anna Berg"), ("entity", "Chad")]
