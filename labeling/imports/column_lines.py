"""The lines of a file of columns: its documents, their sentences, and the lines of tokens, not yet cut into cells.

Comments and marks are told by their form, since ``#`` may be a token, too: ``# sent_id = 1`` is a comment in any file;
of other lines that begin with ``#`` the columns decide later. A document begins at ``-DOCSTART-``, at ``# newdoc``, at
``#begin document``; without any of them the file is one document.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_DOCSTART = re.compile(r"(?:^|(?<=[\s,;|\"']))-{1,2}DOCSTART-{0,2}(?=$|[\s,;|\"'(])", re.IGNORECASE)
_DOCSTART_WORD = "DOCSTART"
_NEWDOC = re.compile(r"#\s*(?:newdoc(?:[\s_]+id)?|doc(?:ument)?[\s_]*id)(?:\s*[=:]\s*(.*))?", re.IGNORECASE)
# Possessive, so that a long row of blanks is read in one way only.
_BEGIN = re.compile(r"#\s*+begin document\s*+(?:\((.*)\)|([^;\s]*+))\s*+;?\s*+(?:part\s*+(\d++))?\s*+", re.IGNORECASE)
_END = re.compile(r"#\s*end document.*", re.IGNORECASE)
# BioNLP's files name the abstract: `###MEDLINE:95369245`.
_ABSTRACT = re.compile(r"#{2,}\s*\w+:(\S+)")
_COMMENT = re.compile(r"(#\s*[\w.:]+)\s*=\s*(.*)", re.DOTALL)
_WORD_COMMENT = re.compile(r"#+\s*[^\s=:]*")
_TAG_WITHIN = re.compile(r"""[ ,;|](?:[BIESLUMWO]["']?$|[BIESLUMW][-_].)""")
_TAG_AT_THE_END = re.compile(r"""[-_][BIESLUMW]["']?$""")
_SEPARATOR = re.compile("[ ,;|]")
# A line of names with commas between; and a cell that begins with a quote.
_HEADING = re.compile(r'\ufeff?"?[\w #.-]{1,40}"?(?:,(?: (?="))?"?[\w #.-]{1,41}"?)+\s*')
_OPENED = re.compile(r'(?:^|,) *"')
_MOST_LINES = 1000  # of one record
# The cells beside -DOCSTART- that say nothing.
_FILL = frozenset({"", "O", "o", "_", "-", "X", "-X-", "*"})


class ColumnRow(NamedTuple):
    """A line that may be a token's; ``line`` is its number in the file."""

    line: int
    text: str

    @property
    def is_doubtful(self) -> bool:
        """Whether it may as well be a comment."""
        return "#" in self.text and self.text.lstrip(" \t\"'").startswith("#")

    @property
    def is_like_a_token(self) -> bool:
        """Whether it ends in a tag, which comments do not."""
        return not self.is_doubtful or ends_in_a_tag(self.text)

    @property
    def comment(self) -> str:
        """What the line is called when it is a comment: ``# id``."""
        found = _WORD_COMMENT.match(self.text.strip())
        return found[0] if found else "#"


@dataclass
class ColumnSentence:
    """The lines between two blank lines, and the sentence's text where a comment gives it."""

    rows: list[ColumnRow] = field(default_factory=list)
    text: str = ""


@dataclass
class ColumnDocument:
    """The sentences of one document.

    ``name`` is what the file calls it, or ""; ``guess`` a word beside its mark that may be a name. ``marked`` is true
    where a mark begins it. ``comments`` names the comments that were not read; ``digest`` is that of the text, by a
    comment, or "".
    """

    name: str = ""
    guess: str = ""
    marked: bool = False
    sentences: list[ColumnSentence] = field(default_factory=lambda: [ColumnSentence()])
    comments: set[str] = field(default_factory=set)
    digest: str = ""

    @property
    def rows(self) -> list[ColumnRow]:
        """All lines of tokens in order."""
        return [row for sentence in self.sentences for row in sentence.rows]


@dataclass(frozen=True)
class Delimiter:
    """What stands between two cells, and how a line is cut there; ``sign`` is in nearly every line."""

    name: str
    sign: str
    split: Callable[[str], list[str]]


def split_documents(content: str) -> list[ColumnDocument]:
    """Cut a file into its documents, leaving out those without a line of a token."""
    documents = [ColumnDocument()]
    for number, line in _number_lines(content):
        if mark := _read_mark(line.strip()):
            # A mark ends one document and begins the next; its own line is not a token.
            documents.append(mark)
        else:
            _take_line(documents[-1], line, number)
    found = [document for document in documents if document.rows]
    _name_by_guesses(found)
    return found


def _number_lines(content: str) -> Iterator[tuple[int, str]]:
    """The lines of a file with their numbers; of a table in commas a record is one line, whatever its cells hold.

    A quote alone is a token elsewhere: only records under a line of names, as wide as it, are put together.
    """
    lines = re.split(r"\r?\n" if "\n" in content else r"\r", content)
    width = len(_split_commas(lines[0]))
    if '"' not in content or not _HEADING.fullmatch(lines[0]):
        yield from enumerate(lines, start=1)
        return
    number = 0
    while number < len(lines):
        more = _count_more(lines, number, width)
        yield number + 1, " ".join(lines[number : number + more + 1])
        number += more + 1


def _count_more(lines: Sequence[str], number: int, width: int) -> int:
    """How many lines after this one go on with its record: as many as close its quotes, and give it all its cells."""
    if not _OPENED.search(lines[number]) or lines[number].count('"') % 2 == 0:
        return 0
    quotes = 0
    for more, line in enumerate(lines[number : number + _MOST_LINES]):
        # A line that is a whole row is not a part of a cell, but follows a quote that is a token.
        if more and '"' not in line and len(_split_commas(line)) == width:
            return 0
        quotes += line.count('"')
        if more and quotes % 2 == 0:
            record = " ".join(lines[number : number + more + 1])
            return more if len(_split_commas(record)) == width else 0
    return 0


def chunk_sentences(document: ColumnDocument, number: int, name: str) -> Iterator[ColumnDocument]:
    """The document in pieces of so many sentences, called ``name#1``, ``name#2``."""
    sentences = [sentence for sentence in document.sentences if sentence.rows]
    for place, start in enumerate(range(0, len(sentences), number), start=1):
        yield ColumnDocument(
            f"{name}#{place}", "", marked=True, sentences=sentences[start : start + number], comments=document.comments
        )


def _read_mark(line: str) -> ColumnDocument | None:
    """The document that a line begins, if it begins or ends one."""
    if not line.startswith("#") and ("-" not in line or _DOCSTART_WORD not in line.upper()):
        return None
    if _DOCSTART.search(line):
        name, guess = _docstart_name(line)
        return ColumnDocument(name, guess, marked=True)
    if found := _BEGIN.fullmatch(line):
        # As figures: a part may have more of them than Python makes a number of.
        number = (found[3] or "").lstrip("0")
        part = f"#{number}" if number else ""
        return ColumnDocument((found[1] or found[2] or "").strip() + part, marked=True)
    if found := _NEWDOC.fullmatch(line) or _ABSTRACT.fullmatch(line):
        return ColumnDocument((found[1] or "").strip(), marked=True)
    return ColumnDocument() if _END.fullmatch(line) else None


def ends_in_a_tag(line: str) -> bool:
    """Whether the last cell of a line is a tag, whatever stands between cells: ``Oslo,B-LOC`` and ``Oslo LOC-B`` do."""
    words = line.rsplit(maxsplit=1)
    if not words:
        return False
    tail = f" {words[-1]}" if len(words) > 1 or line[0].isspace() else words[0]
    if _TAG_WITHIN.search(tail):
        return True
    first, end = _SEPARATOR.search(tail), _TAG_AT_THE_END.search(tail)
    return bool(first and end and end.start() > first.end())


def _docstart_name(line: str) -> tuple[str, str]:
    """The name beside -DOCSTART-: in brackets or between hyphens it is one, else it may be."""
    rest = _DOCSTART.sub(" ", line).strip(" \t,;|\"'")
    opening, closing = rest.find("("), rest.rfind(")")
    if 0 <= opening < closing:
        return rest[opening + 1 : closing].strip(), ""
    cells = [cell for cell in re.split(r"[\s,;|\"']+", rest) if cell not in _FILL]
    named = [cell[1:-1] for cell in cells if re.fullmatch(r"-.+-", cell)]
    if named:
        return named[0], ""
    words = [cell for cell in cells if cell not in {"#", "id", "="}]
    return "", words[0].removeprefix("id=") if len(words) == 1 else ""


def _name_by_guesses(documents: Sequence[ColumnDocument]) -> None:
    """Call documents by the words beside their marks, if these tell them apart: a part of speech does not."""
    guesses = Counter(document.guess for document in documents)
    if "" in guesses or len(guesses) < len(documents):
        return
    for document in documents:
        document.name = document.name or (document.guess if re.search(r"\d", document.guess) else "")


def _take_line(document: ColumnDocument, line: str, number: int) -> None:
    # Most lines begin with a letter or a figure.
    if line[:1].isalnum() and "#" not in line:
        document.sentences[-1].rows.append(ColumnRow(number, line))
    elif not line.strip(" \t,;\"'\r\ufeff") and line.strip(" \t\r\ufeff") not in {",", ";", "'", '"'}:
        document.sentences.append(ColumnSentence())
    elif (remark := _COMMENT.fullmatch(line.strip())) and not ("\t" in line and ends_in_a_tag(line)):
        _take_comment(document, remark[1], remark[2])
    else:
        document.sentences[-1].rows.append(ColumnRow(number, line))


def _take_comment(document: ColumnDocument, name: str, value: str) -> None:
    if name == "# digest" and not document.digest:
        document.digest = value
    elif name.removeprefix("#").strip() == "text":
        if document.sentences[-1].rows:
            document.sentences.append(ColumnSentence())
        document.sentences[-1].text = value
    else:
        document.comments.add(name)


def _split_tabs(line: str) -> list[str]:
    # A line without a tab among lines with them was written by hand.
    if "\t" not in line:
        return _split_blanks(line)
    cells = line.rstrip(" \t").split("\t")
    return [cell.strip(" ") or cell for cell in cells] if " " in line else cells


def _split_tab_runs(line: str) -> list[str]:
    line = line.strip(" \t")
    return re.split(r" *\t[ \t]*", line) if " " in line or "\t\t" in line else line.split("\t")


def _split_blanks(line: str) -> list[str]:
    # Other blanks than these two are parts of words.
    return [cell for cell in line.replace("\t", " ").split(" ") if cell]


def _split_quoted(line: str, sign: str) -> list[str]:
    try:
        return [cell.strip(" ") or cell for cell in next(csv.reader([line], delimiter=sign, skipinitialspace=True))]
    except csv.Error:
        return [line]


def _split_commas(line: str) -> list[str]:
    return _split_quoted(line, ",")


def _split_semicolons(line: str) -> list[str]:
    return _split_quoted(line, ";")


def _split_bars(line: str) -> list[str]:
    return line.strip(" ").split("|")


def _split_slash(line: str) -> list[str]:
    return line.strip(" ").rsplit("/", 1)


# In the order in which they are tried.
DELIMITERS = (
    Delimiter("tabs", "\t", _split_tabs),
    Delimiter("tabs, several in a row", "\t", _split_tab_runs),
    Delimiter("commas", ",", _split_commas),
    Delimiter("semicolons", ";", _split_semicolons),
    Delimiter("blanks", "", _split_blanks),
    Delimiter("bars", "|", _split_bars),
    Delimiter("slashes", "/", _split_slash),
)
