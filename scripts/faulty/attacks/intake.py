"""Ingest bears anything: files made to stall or to break a reader, each beside a good one, which is taken in."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

from faulty.attacks.attack import Attack, insist

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from faulty.attacks.attack import Ended, Ground

GROUP = "ingest"
_BLANKS = " " * 19_900
_PROSE = "Ministers of both countries met on Monday in the capital to talk about fisheries and borders. "


def _taken_in(ground: Ground, also: Iterable[str | Path] = ()) -> tuple[Ended, set[str]]:
    """Ingest the folder with a good file in it, into an empty workspace; how it ended, and the ids that are in.

    The good file stands last, and a good row is named "good".
    """
    shutil.rmtree(ground.workspace)
    (ground.wire / "zz.txt").write_text("Anna met Carl.", encoding="utf-8")
    ended = ground.done("ingest", ground.wire, *also)
    ids = {row["id"] for row in ground.rows("articles.jsonl")}
    insist("zz" in ids, "the good file beside it was lost")
    return ended, ids


def _file(name: str, file: str, content: bytes | str, *, rows: Iterable[str] = (), refused: bool = False) -> Attack:
    """A file with that content; ``rows`` are ids of good rows in it, and ``refused`` whether something must be."""

    def play(ground: Ground) -> None:
        path = ground.wire / file
        path.write_bytes(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content)
        ended, ids = _taken_in(ground)
        insist(ids >= set(rows), f"good rows were lost: {sorted(set(rows) - ids)}")
        # A field that cannot be read may be left empty, and is counted; the code of before had no such words.
        told = ended.status == 3 or "left empty" in ended.told  # noqa: PLR2004
        insist(told or not refused, f"nothing was refused: status {ended.status}")

    must = "the others are taken in, at once" + (", and what is not is told" if refused else "")
    return Attack(GROUP, name, must, play)


def _blanks() -> Iterator[Attack]:
    heads = ("date", "date:", "published", "July", "25 July", "July 25,", "GENEVA,", "GENEVA, July", "Updated: Monday")
    for head in heads:
        yield _file(f"a text that begins with `{head}` and 19,900 blanks", "a.txt", f"{head}{_BLANKS}x")
    for name, unit in (("day", "day"), ("July", "July "), ("a figure", "1"), ("a dash", "- "), ("tabs", "\t")):
        yield _file(
            f"a text of 19,000 characters that repeats {name}", "a.txt", f"date {unit * (19_000 // len(unit))}x"
        )


def _pages() -> Iterator[Attack]:
    runs = {
        "`<!DOCTYPE x [` and a run of `]`": "<!DOCTYPE x [" + "]" * 300_000,
        "`<!DOCTYPE x [` and a run of `[`": "<!DOCTYPE x [" + "[" * 300_000,
        "a run of `<!DOCTYPE`": "<!DOCTYPE" * 30_000,
        "a run of `<!--`": "<!--" * 60_000,
        "a run of `<?`": "<?" * 100_000,
        "comments without an end within comments": "<!--->" * 40_000,
    }
    for name, content in runs.items():
        yield _file(f"a page that is {name}", "a.html", content, refused=True)
    yield _file("a page of 20,000 elements, each in the last", "a.html", "<div>" * 20_000, refused=True)
    bomb = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    yield _file("a page whose entities grow tenfold eleven times", "a.xml", f"<!DOCTYPE x [{bomb}]><x>&a11;</x>")
    outer = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><html><body><p>'
    yield _entity(f"{outer}{_PROSE * 9}&a;</p></body></html>")
    for codec in ("punycode", "unicode_escape", "idna", "rot13", "utf-7", "hz", "zlib", "base64", "undefined", "none"):
        body = f"<html><head><meta charset={codec}></head><body><article><p>{_PROSE * 12}</p></article></body></html>"
        yield _read(f"a page that declares the codec `{codec}`", "a.html", body.encode())


def _entity(content: str) -> Attack:
    def play(ground: Ground) -> None:
        (ground.wire / "a.xml").write_text(content, encoding="utf-8")
        _taken_in(ground)
        insist("root:" not in (ground.workspace / "articles.jsonl").read_text(encoding="utf-8"), "a file was read")

    return Attack(GROUP, "a page with an entity that names a file", "that file is not read", play)


def _read(name: str, file: str, content: bytes) -> Attack:
    """The page's text is read as people would."""

    def play(ground: Ground) -> None:
        (ground.wire / file).write_bytes(content)
        _taken_in(ground)
        texts = [row["text"] for row in ground.rows("articles.jsonl") if row["id"] == "a"]
        insist(bool(texts) and texts[0].startswith(_PROSE[:40]), "its text was not read")

    return Attack(GROUP, name, "its text is read", play)


_DATES = {
    "a thousand figures": "9" * 1_000,
    "five thousand figures": "9" * 5_000,
    "sixty figures": "9" * 60,
    "figures and strokes": "1/" * 500,
    "20,000 brackets": "(" * 20_000,
    "a year of twenty figures": "99999999999999999999 July 2023",
    "no day": "0000-00-00",
    "the day before all days": "0001-01-01T00:00:00+23:59",
    "the day after all days": "9999-12-31T23:59:59-23:59",
    "a heap of zones": "2023-07-25T00:00:00" + "+01:00" * 200,
    "eastern figures": "٢٠٢٣" * 300,
    "NUL": "\0" * 30,
}


_VALUES = {"a list": "[]", "1e400": "1e400", "NaN": "NaN", "5,000 figures": "9" * 5_000, "-1": "-1"}


def _dates() -> Iterator[Attack]:
    dated = {f"is {name}": json.dumps(date) for name, date in _DATES.items()}
    dated |= {f"is the value {name}": value for name, value in _VALUES.items()}
    for name, value in dated.items():
        line = f'{{"id": "bad", "text": "Two.", "published": {value}}}'
        yield _line(f"a row whose date {name}", line.encode(), refused="value" in name)


def _line(name: str, line: bytes, *, refused: bool = True) -> Attack:
    """A bad line of JSON between two good ones."""
    content = b'{"id": "r1", "text": "One."}\n%s\n{"id": "r3", "text": "Three."}\n' % line
    return _file(name, "a.jsonl", content, rows=("r1", "r3"), refused=refused)


def _tables() -> Iterator[Attack]:
    long, longer = "x" * 131_073, "x" * 200_000
    yield _file("a table whose first cell has 131,073 characters", "a.csv", f'"{long}",text\n1,Text.\n', refused=True)
    yield _file("a cell of 200,000", "a.csv", f"id,text\nr1,One.\n2,{longer}\nr3,T.\n", rows=("r1", "r3"), refused=True)
    wide = f"id,text,{','.join(f'c{n}' for n in range(50_000))}\nr1,One.\n"
    yield _file("a table of 50,000 columns", "a.csv", wide)
    yield _file("a quote without an end", "a.csv", f'id,text\nr1,One.\n2,"{"a," * 90_000}', rows=("r1",), refused=True)
    yield _file(
        "a table with NUL in a cell", "a.csv", "id,text\nr1,One.\n2,T\0o.\nr3,T.\n", rows=("r1", "r3"), refused=True
    )
    yield _file("a row with more cells than columns", "a.csv", "id,text\nr1,One.\n2,a,b,c\nr3,T.\n", rows=("r1", "r3"))
    yield _file("a table with one column twice", "a.csv", "id,text,text\nr1,One.,Two.\n")
    yield _file("a table without columns that we know", "a.csv", "foo,bar\n1,2\n", refused=True)


def _lines() -> Iterator[Attack]:
    bad = {
        "nested 100,000 deep": "[" * 100_000,
        "nested 100,000 deep in a field": '{"id": "b", "text": ' + '{"a":' * 100_000,
        "a number of 5,000 figures": '{"id": 1' + "0" * 5_000 + ', "text": "x"}',
        "half a surrogate": '{"id": "b", "text": "a\\ud800b"}',
        "half a surrogate in its id": '{"id": "\\ud800", "text": "Text."}',
        "NUL": '{"id": "b", "text": "a\\u0000b"}',
        "a text that is a list": '{"id": "b", "text": ["x"]}',
        "an id that is an object": '{"id": {}, "text": "x"}',
        "a list": "[1, 2]",
        "a text of blanks": '{"id": "b", "text": " \\t\\u00a0"}',
        "a text of 20,001 characters": json.dumps({"id": "b", "text": "ab " * 6_667}),
        "other bytes": "\udcff",
        "8,000,000 characters": json.dumps({"id": "b", "text": "x" * 8_000_000}),
    }
    for name, line in bad.items():
        # A list of texts is a text in pieces.
        taken = name == "a text that is a list"
        yield _line(f"a line of JSON: {name}", line.encode("utf-8", "surrogateescape"), refused=not taken)


def _place(name: str, make: Callable[[Path], object], *, named: bool = True) -> Attack:
    """Something that is not a plain file, named itself or found in the folder."""

    def play(ground: Ground) -> None:
        path = ground.wire / "a.txt"
        make(path)
        ended, ids = _taken_in(ground, [path] if named else ())
        insist("a" not in ids, "it was read")
        insist(not named or ended.status == 3, f"it was not refused: status {ended.status}")  # noqa: PLR2004

    return Attack(GROUP, f"{name}, {'named' if named else 'found in a folder'}", "it is refused by name", play)


def _loop(path: Path) -> None:
    path.symlink_to(path)


def _secret(path: Path) -> None:
    path.symlink_to("/etc/passwd")


def _gone(path: Path) -> None:
    path.symlink_to(path.parent / "nowhere")


def _zero(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _sparse(path: Path) -> None:
    with path.with_suffix(".html").open("wb") as file:
        file.truncate(2**34)
    path.symlink_to(path.with_suffix(".html"))


def _places() -> Iterator[Attack]:
    places = {"a pipe": os.mkfifo, "a link out of the folder": _secret, "a link to itself": _loop}
    for name, make in {**places, "a link to nothing": _gone, "a link to a device without an end": _zero}.items():
        for named in (True, False):
            yield _place(name, make, named=named)
    yield _place("a page of 16 GB and a link to it", _sparse)
    for name, path in (("300 letters", "x" * 300), ("6,000 letters", "x/" * 3_000), ("NUL in it", "a\0b")):
        yield Attack(GROUP, f"a path of {name}", "an error of ours", _wrong(path))


def _wrong(path: str) -> Callable[[Ground], None]:
    def play(ground: Ground) -> None:
        insist(not ground.run("ingest", path).well, "it was taken")

    return play


def _signs(sign: str, verb: str) -> Attack:
    """The tokenizer took half a minute for such a text, in each verb that asks for tokens."""

    def play(ground: Ground) -> None:
        (ground.wire / "a.txt").write_text(f"News. {sign * (18_000 // len(sign))} End.", encoding="utf-8")
        _taken_in(ground)
        ground.done(verb)

    return Attack(GROUP, f"a text of 18,000 `{sign}`, then `{verb}`", "neither takes long", play)


ATTACKS = (
    *_blanks(),
    *_pages(),
    *_dates(),
    *_tables(),
    *_lines(),
    *_places(),
    *(_signs(sign, "suggest") for sign in ("(", ".", "a.b-")),
)
