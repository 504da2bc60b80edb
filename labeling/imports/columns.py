"""Which column of a file has the tokens, and which have tags: decided by what stands in them, never by the file's name.

Columns of numbers, parts of speech, lemmas and chunks are told from tokens and tags by their cells; the labels of the
schema and of the map decide between two columns of tags. What cannot be decided is refused with what was seen, and
``--columns token=2,tag=4`` then says it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from labeling.imports.cell_kinds import FILLERS, are_numbers, are_parts_of_speech, rank_as_token, rank_below_heading
from labeling.imports.cell_table import cut_tables
from labeling.imports.column_layout import ColumnLayout, TagColumn
from labeling.imports.tags import OUTSIDE_TAGS, TagStyle, count_twins, find_tag_style

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from labeling.imports.cell_table import CellTable
    from labeling.imports.column_layout import ColumnChoice

_NEARLY_ALL = 0.9
_TOKEN_AND_TAG = 2  # cells
_LEAST_LIKE_WORDS = 1  # the rank of numbers
_MOST_COLUMNS = 200  # those of CoNLL-2012 are eleven, and one a predicate
_UNIVERSAL = 10  # the columns of CoNLL-U
_FEATURES = re.compile(r"[\w.\[\]:]+=[^|]*(?:\|[\w.\[\]:]+=[^|]*)*")
# Chunks, and the roles of a predicate's arguments: tags, but not those of names.
_SYNTAX = re.compile(
    r"ADJP|ADVP|CONJP|INTJ|LST|NAC|NML|NP|NX|PP|PRN|PRT|QP|RRC|S|SBARQ?|SINV|SQ|TOP|ROOT|UCP|VP|WHADJP|WHADVP|WHNP"
    r"|WHPP|FRAG|[NVPA]C|V|[RC]-.+|ARG[0-9A-Z]?|ARGM-.+|AM-[A-Z]+|A[0-9]"
)


class NotColumns(ValueError):
    """A file's lines are not rows of columns, or it cannot be told which column has what; with the way out."""

    def __init__(self, reason: str, todo: str, *, is_even: bool = True) -> None:
        """Keep all; ``is_even`` is false where the lines are not rows at all."""
        super().__init__(reason)
        self.todo, self.is_even = todo, is_even


def decide_columns(sentences: Sequence[Sequence[str]], choice: ColumnChoice, known: Collection[str]) -> ColumnLayout:
    """Look at the lines of a file's sentences, and decide how they are read.

    Args:
        sentences: The lines of each sentence.
        choice: The columns that the user has named.
        known: The labels of the schema and of the map.

    Raises:
        NotColumns: The lines are not rows, or their columns cannot be told apart.
    """
    seen: list[CellTable] = []
    heading, sentences = choice.cut_heading(sentences)
    for table in cut_tables(sentences):
        if layout := _choose_columns(table, choice.number_columns(table.delimiter.split(heading)), known):
            return replace(layout, heading=tuple(table.delimiter.split(heading)) if heading else ())
        seen += [table] if table.is_even and table.width <= _MOST_COLUMNS else []
    if choice.names:
        raise NotColumns(
            f"its first line does not have the names {', '.join(choice.names)}: {heading[:100]}",
            "name the columns as that line does, or by their numbers, from 1",
        )
    if choice.token is not None:
        raise NotColumns("its lines have fewer columns than --columns names", "look at the file, and count once more")
    if not seen:
        reason = "these are not columns: its lines do not have a token and a tag each, with a tab or blanks between"
        todo = "name a file with a token and its tag a line, or the format that it is in"
        raise NotColumns(reason, todo, is_even=False)
    names = "name them with --columns token=2,tag=4, counting from 1"
    told = f"it cannot be told which columns have the tokens and the tags; {_describe_columns(seen[0])}"
    if not _find_tag_columns(seen[0], known):
        told = (
            "these are the columns of CoNLL-U, with syntax and without tags of names"
            if _is_universal(seen[0])
            else f"none of its columns has tags; {_describe_columns(seen[0])}"
        )
        names = f"if one has, {names}; the text alone comes in with `labeling ingest`"
    raise NotColumns(told, names)


def _choose_columns(table: CellTable, choice: ColumnChoice, known: Collection[str]) -> ColumnLayout | None:
    if isinstance(choice.token, int):
        tags_named = [number for number in choice.tags if isinstance(number, int)]
        if table.width <= max(choice.token, *tags_named):
            return None
        tags = [
            TagColumn(number, find_tag_style(Counter(table.column(number)), known) or TagStyle("label alone"))
            for number in tags_named
        ]
        return _make_layout(table, choice.token, tags)
    if not _TOKEN_AND_TAG <= table.width <= _MOST_COLUMNS or not table.is_table:
        return None
    found = _find_tag_columns(table, known)
    tags = _choose_tags(table, found, known)
    chunks = set[int]() if table.is_told else _find_chunks(table)
    token = _choose_token(table, chunks.union(tag.number for tag in found if _is_sure(tag) or tag in tags))
    if token is None and len(tags) > 1:
        # Every column is like one of tags, as where the only word is U-boat: the least like one has the words.
        weakest = min(tags, key=lambda tag: _weigh_tags(table, tag, known))
        token = weakest.number
        tags.remove(weakest)
    if not tags or token is None or _is_doubtful(table, token, tags, known):
        return None
    return _make_layout(table, token, _without_twins(table, tags))


def _is_doubtful(table: CellTable, token: int, tags: Sequence[TagColumn], known: Collection[str]) -> bool:
    """Whether another column may be that of the words.

    One of tags, one of one word all along beside mere numbers, any where the words are but `O` and `-`.
    """
    labels = {tag: tag.style.labels(set(map(tag.value, table.rows))) for tag in tags}
    if OUTSIDE_TAGS.issuperset(table.column(token)):
        return any(not labels[tag] and set(map(tag.value, table.rows)) != {"O"} for tag in tags)
    unknown = [tag for tag in tags if not labels[tag] & set(known)]
    if are_numbers(table.column(token)):
        # They may be all the words of a file, but not beside labels that nobody knows, or where anything else may be.
        rivals = unknown if len(tags) > 1 else []
        settled = {token, *(tag.number for tag in tags if tag not in rivals)}
        return any(labels[tag] for tag in unknown) or bool(_find_rivals(table, settled))
    # Tags come after the words nearly always, so that a column of `O` before them may be that of the words.
    doubted = any(labels[tag] or len(tags) > 1 or 0 <= tag.number < token for tag in unknown)
    return doubted and rank_as_token(table.column(token)) > _LEAST_LIKE_WORDS


def _find_rivals(table: CellTable, taken: Collection[int]) -> list[int]:
    """The columns that are not words by their rank, yet neither numbers nor parts of speech: `Anna` in each row."""
    columns = {number: table.column(number) for number in table.numbers if number not in taken}
    return [number for number, values in columns.items() if not (are_numbers(values) or are_parts_of_speech(values))]


def _weigh_tags(table: CellTable, tag: TagColumn, known: Collection[str]) -> tuple[bool, bool, int]:
    values = set(map(tag.value, table.rows))
    return bool(tag.style.labels(values) & set(known)), "O" in values, tag.number


def _choose_tags(table: CellTable, found: Sequence[TagColumn], known: Collection[str]) -> list[TagColumn]:
    """The columns of tags: all that are sure, without chunks and roles if there are others."""
    labels = {tag: tag.style.labels(set(map(tag.value, table.rows))) for tag in found}
    silent = {tag for tag in found if not labels[tag]}
    sure = [tag for tag in found if _is_sure(tag) or tag in silent or labels[tag] <= set(known)]
    if not sure:
        # Words alone may be anything: the column that has most of them outside is the one of tags.
        shares = {tag: sum(tag.value(row) == "O" for row in table.rows) for tag in found}
        return sorted(found, key=lambda tag: -shares[tag])[:1]
    ours = [tag for tag in sure if labels[tag] & set(known)]
    named = [tag for tag in sure if tag in ours or not _is_syntax(labels[tag])]
    # Letters without labels beside tags that have some are chunks.
    labelled = [tag for tag in named if tag.style.order != "letter alone" and tag not in silent]
    named = [tag for tag in named if not labelled or tag.style.order != "letter alone"]
    # Brackets are in many columns of CoNLL-2012; where one has our labels, it is that one.
    chosen = [tag for tag in named if tag in ours or not (ours and tag.style.order == "stars")]
    # Where there is nothing but chunks, they are what was annotated.
    return chosen or [tag for tag in sure if tag.style.order != "stars"]


def _is_syntax(labels: Collection[str]) -> bool:
    return "TOP" in labels or (bool(labels) and all(_SYNTAX.fullmatch(name) for name in labels))


def _find_chunks(table: CellTable) -> set[int]:
    styles = {number: find_tag_style(Counter(table.column(number)), ()) for number in table.numbers}
    return {number for number, style in styles.items() if style and _is_syntax(style.labels(set(table.column(number))))}


def _is_sure(tag: TagColumn) -> bool:
    return tag.style.order != "label alone"


def _find_tag_columns(table: CellTable, known: Collection[str]) -> list[TagColumn]:
    """All columns whose cells are tags; and of columns like ``NER=B-PER|SpaceAfter=No`` the keys whose values are."""
    found = list[TagColumn]()
    # The forms of CoNLL-U are not tags, even where they are `-` and `O`.
    for number in table.numbers[2:] if _is_universal(table) else table.numbers:
        values = Counter(table.column(number))
        if "O" in values or not FILLERS.issuperset(values):
            style = find_tag_style(values, known)
            if style and (table.is_told or style.labels(values) & set(known)):
                found.append(TagColumn(number, style))
            elif keys := _list_keys(values):
                found += _find_keyed_tags(table, number, keys, known)
    return found


def _is_universal(table: CellTable) -> bool:
    return table.width == _UNIVERSAL and are_numbers(table.column(0))


def _list_keys(values: Collection[str]) -> list[str]:
    if any(value not in FILLERS and not _FEATURES.fullmatch(value) for value in values):
        return []
    return sorted({each.partition("=")[0] for value in values for each in value.split("|") if "=" in each})


def _find_keyed_tags(table: CellTable, number: int, keys: Iterable[str], known: Collection[str]) -> list[TagColumn]:
    found = list[TagColumn]()
    for key in keys:
        column = TagColumn(number, TagStyle("label alone"), key)
        if style := find_tag_style(Counter(map(column.value, table.rows)), known):
            found.append(TagColumn(number, style, key))
    return found


def _choose_token(table: CellTable, taken: Collection[int]) -> int | None:
    """The first column of words; else of what is most like words."""
    free = [number for number in table.numbers if number not in taken and number >= 0]
    # The forms of CoNLL-U are where its definition has them, whatever they look like.
    if _is_universal(table):
        return 1
    last = table.width - 1 if table.varies and -1 in taken else None
    ranks = {number: rank_below_heading(table.column(number)) for number in free if number != last or len(free) == 1}
    return min(ranks, key=lambda number: (ranks[number], number), default=None)


def _without_twins(table: CellTable, tags: Sequence[TagColumn]) -> list[TagColumn]:
    """The columns of tags, each layer once.

    Raises:
        NotColumns: Two have many spans in common, and not all: one is not a layer of the other, but another's word.
    """
    read = {
        tag: [
            tag.style.read([tag.value(row) if len(row) >= table.width else None for row in sentence])
            for sentence in table.sentences
        ]
        for tag in (tags if len(tags) > 1 else ())
    }
    kept = list[TagColumn]()
    for tag in tags:
        twins = [(other, count_twins(zip(read[other], read[tag], strict=True))) for other in kept]
        if any(one == other == both > 0 for _, (one, other, both) in twins):
            continue
        for twin, (one, other, both) in twins:
            if both and both >= min(one, other) / 2:
                raise NotColumns(
                    f"{twin.place} and {tag.place} have {both} spans in common, of {one} and {other}: these are not "
                    "layers, but two opinions",
                    f"name the one to read with --columns token=1,tag={tag.number % table.width + 1}, and import the "
                    "other one as another annotator's",
                )
        kept.append(tag)
    return kept


def _make_layout(table: CellTable, token: int, tags: Sequence[TagColumn]) -> ColumnLayout:
    used = {token, *(tag.number for tag in tags if not tag.key)}
    spare = [number for number in table.numbers if number not in used and _says_something(table.column(number))]
    read = {tag.number: {each.key for each in tags if each.number == tag.number} for tag in tags if tag.key}
    schemes = Counter(tag.style.scheme(set(map(tag.value, table.rows))) for tag in tags)
    places = " and ".join(tag.place for tag in tags)
    return ColumnLayout(
        delimiter=table.delimiter,
        width=0 if table.varies else table.width,
        token=token,
        tags=tuple(tags),
        closed={number: frozenset(table.column(number)) for number in range(table.width) if number not in used},
        spare=tuple(
            told for number in spare if (told := _describe_spare(table, number, read.get(number, frozenset())))
        ),
        decided=f"tokens in column {token + 1}, {' and '.join(schemes)} tags in {places}; "
        f"{table.delimiter.name} between them",
    )


def _describe_spare(table: CellTable, number: int, read: Collection[str]) -> str:
    """What stands in a column that is not read, or in that part of it that is not."""
    where = f"column {number % table.width + 1}"
    if not read:
        return f"{where} ({_list_cells(table.column(number))})"
    keys = set(_list_keys(set(table.column(number)))) - {*read, "SpaceAfter"}
    return f"{where} ({', '.join(sorted(keys))})" if keys else ""


def _says_something(values: Sequence[str]) -> bool:
    """Whether a column has more than fillers, or one value all along."""
    return not FILLERS.issuperset(values) and len(set(values)) > 1


def _list_cells(values: Iterable[str]) -> str:
    first = list(dict.fromkeys(value for value in values if value not in OUTSIDE_TAGS))
    return ", ".join(first[:3]) + (", ..." if len(first) > 3 else "")  # noqa: PLR2004 - as many as a line holds


def _describe_columns(table: CellTable) -> str:
    return "; ".join(f"column {number + 1} has {_list_cells(table.column(number)) or '_'}" for number in table.numbers)
