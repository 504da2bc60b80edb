"""Article: one news text, immutable. Its identity, its text rules, and what it refuses by name.

A text is ingested once and never changes: CRLF and CR become LF, nothing else is touched, because people annotate what
was printed. Lengths and offsets are Unicode code points.
"""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.dates import iso_date, leading_date
from labeling.errors import (
    ArticleError,
    BadField,
    ChangedArticle,
    EmptyArticle,
    ForbiddenCharacter,
    ForgottenArticle,
    OverlongArticle,
)
from labeling.values import Frozen, digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

# Neither JSON on its way to a server nor UTF-8 on a disk carries these.
_FORBIDDEN = re.compile("[\0\ud800-\udfff]")
# Ids go into file names, addresses and lines of text.
_CONTROL = re.compile("[\x01-\x1f\x7f-\x9f\u2028\u2029]")

_MOST_SIGNS = 500  # more of them in one word than any ruled line has
_WORD_BEGINS = 3  # letters in a row
_SHORT_WORD = 50  # characters; the signs of shorter words are not counted
# Signs times characters of their word. A table of a hundred lines, each ruled with eighty signs, has 640,000.
_LEAST_WORK, _MOST_WORK = 1_000_000, 75  # that any text may have; and for each of its characters


class Article(Frozen):
    """One news text. ``digest`` is the SHA-256 of ``text``; ``published`` an ISO date or empty."""

    id: str
    text: str
    digest: str
    source: str = ""
    title: str = ""
    published: str = ""
    url: str = ""


class Reject(Frozen):
    """An article that was refused: the file and line it came from, the kind of reason, the reason, and the way out."""

    where: str
    id: str
    kind: str
    reason: str
    todo: str


@dataclass(frozen=True)
class SourceRow:
    """One article as a source has it, not yet checked; ``where`` is the file, or the file and line.

    ``odd`` names the details that were left empty, because what stood there is of no use.
    """

    where: str
    id: str
    text: str
    source: str = ""
    title: str = ""
    published: str = ""
    url: str = ""
    odd: tuple[str, ...] = ()


def make_article(row: SourceRow, max_characters: int, is_likely: Callable[[str], bool] = bool) -> Article:
    """Check a row of a source and make an article of it.

    Args:
        row: The text as it came, and what is known of it. Without ``published``, the date line at the head of the text
            is read; it stays in the text.
        max_characters: The longest text allowed, in code points, after line ends have become LF.
        is_likely: Whether a day at the head of the text can be that of newswire.

    Raises:
        ForbiddenCharacter: NUL or a lone surrogate in the text or a field.
        EmptyArticle: Nothing in the text can be seen.
        OverlongArticle: The text is longer than ``max_characters``, or has hundreds of signs with no blank between.
        BadField: No id, an id with control characters, or a date that cannot be read, or in two ways.
    """
    # Checked in this order, so that a message names the first fault that matters.
    text = normalise_newlines(row.text)
    digest = _refuse_forbidden(row, text)
    if not _is_visible(text):
        raise EmptyArticle("the text is nothing but blanks", todo="put the text there, or remove it", where=row.where)
    _refuse_overlong(text, max_characters, row.where)
    _refuse_heaps_of_signs(text, row.where)
    return Article(
        id=_read_id(row),
        text=text,
        digest=digest,
        source=row.source,
        title=row.title,
        published=_read_published(row) or (day if (day := leading_date(text)) and is_likely(day) else ""),
        url=row.url,
    )


def is_new(article: Article, digests: Mapping[str, str], where: str) -> bool:
    """Whether no article of that id was ingested before; ``digests`` maps the known ids to the digests of their texts.

    Raises:
        ChangedArticle: The id is known, with another text.
    """
    # The same id with the same text is a rerun; with another text it would change an article.
    known = digests.get(article.id)
    if known not in {None, article.digest}:
        raise ChangedArticle(
            f"an article {article.id!r} was ingested before with another text ({known[:12] if known else ''}, "
            f"this one is {article.digest[:12]})",
            todo="give this text an id of its own: an article that people may have annotated never changes",
            where=where,
        )
    return known is None


def refuse_forgotten(article: Article, name: str, where: str) -> None:
    """Refuse a text that was forgotten under the id ``name``; any other one has "" there.

    Raises:
        ForgottenArticle: It was.
    """
    if name:
        other = "" if name == article.id else f" under the id {name!r}"
        raise ForgottenArticle(
            f"the text of {article.id!r} was forgotten{other}",
            todo=f"leave it out at its source; to take it in again, run `labeling forget --undo {shlex.quote(name)}` "
            "first",
            where=where,
        )


def reject_of(error: ArticleError, name: str, where: str = "") -> Reject:
    """The row of ``rejects.jsonl`` for an article refused with ``error``; ``name`` is its id as far as known."""
    return Reject(
        where=escape_surrogates(error.where or where),
        id=escape_surrogates(name),
        kind=error.kind,
        reason=escape_surrogates(str(error)),
        todo=escape_surrogates(error.todo),
    )


def normalise_newlines(text: str) -> str:
    """``text`` with CRLF and CR turned into LF, nothing else touched."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def escape_surrogates(text: str) -> str:
    """``text`` as UTF-8 can hold it: file names may bring lone surrogates, which are written as escapes."""
    return text.encode("utf-8", errors="backslashreplace").decode("utf-8")


def is_forbidden(text: str) -> bool:
    """Whether ``text`` holds NUL or a lone surrogate, which no article may."""
    return "\0" in text or has_surrogates(text)


def has_surrogates(text: str) -> bool:
    """Whether any lone surrogate is in ``text``, so that UTF-8 cannot hold it."""
    if text.isascii():
        return False
    # Encoding takes a tenth of the time of a search by an expression.
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def overlong_error(length: str, max_characters: int, where: str) -> OverlongArticle:
    """The refusal of a text of ``length`` (a number and its unit) with both ways out."""
    return OverlongArticle(
        f"the text has {length}, and the project allows {max_characters:,} characters",
        todo="raise max_characters under [project] in the project file, or split the article at its source into parts "
        "with ids of their own",
        where=where,
    )


def group_by_text(articles: Iterable[Article]) -> dict[str, str]:
    """Leak groups by identical text alone, for as long as nothing better is known: article id to group.

    A group bears the smallest article id in it.
    """
    # Equal texts have equal digests.
    same: defaultdict[str, list[str]] = defaultdict(list)
    for article in articles:
        same[article.digest].append(article.id)
    return {article: min(ids) for ids in same.values() for article in ids}


def _refuse_forbidden(row: SourceRow, text: str) -> str:
    """The digest of a row's text, which is ``text`` with its line ends made LF."""
    # All at once, as hardly any row has one; a text with a lone surrogate has no bytes to digest.
    try:
        digest = digest_of(text)
    except UnicodeEncodeError:
        digest = ""
    if digest and not ("\0" in text or is_forbidden(f"{row.id}{row.title}{row.source}{row.published}{row.url}")):
        return digest
    for field in ("text", "id", "title", "source", "published", "url"):
        # The place helps to find it: most editors show nothing there.
        found = _FORBIDDEN.search(getattr(row, field))
        if found:
            name = "NUL" if found[0] == "\0" else f"the lone surrogate U+{ord(found[0]):04X}"
            raise ForbiddenCharacter(
                f"{name} at character {found.start()} of the {field}",
                todo="remove it at the source: no server or file can carry it",
                where=row.where,
            )
    return digest


def _is_visible(text: str) -> bool:
    """Whether any character can be seen: one that is not a blank, a control or a format character."""
    # Z are separators, C controls, format characters and unassigned ones; most texts begin with a letter.
    return text[:1].isalnum() or any(unicodedata.category(sign)[0] not in "ZC" for sign in text)


def _refuse_overlong(text: str, max_characters: int, where: str) -> None:
    if len(text) > max_characters:
        raise overlong_error(f"{len(text):,} characters", max_characters, where)


def _refuse_heaps_of_signs(text: str, where: str) -> None:
    """Refuse what a tokenizer by rules works at for half a minute.

    It takes one sign at a time off either end of a word, and each time it searches all the rest: a heap of signs costs
    the square of its length.
    """
    if not _may_be_heaps(text):
        return
    work = 0
    for word in (each for each in text.split() if len(each) > _SHORT_WORD):
        begins, ends = _count_signs(word), _count_signs(word[::-1])
        work += min(begins + ends, len(word)) * len(word)
        too_many = max(begins, ends) > _MOST_SIGNS
        if too_many or work > max(_LEAST_WORK, _MOST_WORK * len(text)):
            what = f"more than {_MOST_SIGNS} signs" if too_many else "signs, as do others: too many in all"
            raise OverlongArticle(
                f"{len(word):,} characters without a blank begin or end with {what}, as in {word[:20]!r}",
                todo="remove them at the source, or put blanks between them",
                where=where,
            )


def _may_be_heaps(text: str) -> bool:
    """Whether a text may have too many signs, by the length of what stands between two spaces; most have far shorter.

    No word has more signs than characters, and the work of all is at most the longest word times the text.
    """
    longest = min(_MOST_SIGNS, max(_MOST_WORK, _LEAST_WORK // max(len(text), 1)))  # characters of a word, and harmless
    start = 0
    # From a space to the last one that a harmless word can be followed by: a few steps for a whole text.
    while start + longest < len(text):
        space = text.rfind(" ", start, start + longest + 1)
        if space < 0:
            return True
        start = space + 1
    return False


def _count_signs(word: str) -> int:
    """How many signs a word begins with: all before its first three letters or figures in a row."""
    signs = letters = 0
    for sign in word:
        plain = unicodedata.category(sign)[0] in "LMN"
        letters = letters + 1 if plain else 0
        signs += not plain
        # `'s's's` is taken off piece by piece too; a real word is not.
        if letters == _WORD_BEGINS:
            break
    return signs


def _read_id(row: SourceRow) -> str:
    if not _is_visible(row.id):
        raise BadField("the id is empty", todo="give the article an id", where=row.where)
    if _CONTROL.search(row.id):
        raise BadField(
            f"the id {row.id!r} holds a control character or a line end", todo="give it another id", where=row.where
        )
    return row.id


def _read_published(row: SourceRow) -> str:
    try:
        return iso_date(row.published) if row.published.strip() else ""
    except ValueError as error:
        raise BadField(
            f"published: {error}", todo="write the date as 2023-07-25, or leave it out", where=row.where
        ) from None
