"""What a file of a CAS has written down, thing by thing, before anything is made of it.

The package that reads a CAS turns offsets from UTF-16 into code points, keeps those that it cannot turn, and leaves out
what is in no index. Whatever the offsets count, and whatever was left out, is seen here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn
from xml.parsers import expat

from labeling.errors import UnreadableArticle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_XMI_ID = "http://www.omg.org/XMI id"
_VIEW, _SOFA = "uima.cas.View", "uima.cas.Sofa"


@dataclass
class WrittenThings:
    """The things of a file: ``places`` has begin and end of each, as they are written, by its id.

    ``kinds`` lists the type of each by its id; of two things of one id the first is among the ``doubled``, whose types
    are counted. ``indexed`` are the ids of those that are in the index of a view.
    """

    places: dict[int, tuple[Any, Any]] = field(default_factory=dict)
    kinds: dict[int, str] = field(default_factory=dict)
    doubled: Counter[str] = field(default_factory=Counter)
    indexed: set[int] = field(default_factory=set)

    @property
    def strays(self) -> Counter[str]:
        """The types of things with a place that no reader of the index meets, each with the number of them."""
        outside = (self.kinds[each] for each in self.places if each not in self.indexed)
        return self.doubled + Counter(outside)

    def take(self, name: object, kind: str, begin: object, end: object) -> None:
        """Note a thing; one without an id that can be one is not in the CAS, either."""
        number = _whole(name)
        if number is None or kind in {_VIEW, _SOFA}:
            return
        if number in self.places:
            self.doubled[self.kinds[number]] += 1
        self.kinds[number] = kind
        if begin is not None or end is not None:
            self.places[number] = _whole(begin), _whole(end)


def list_written_xmi(content: bytes) -> WrittenThings:
    """The things in XMI.

    Raises:
        UnreadableArticle: It declares entities, which can be without an end, or name other files; or it is not XML.
    """
    found = WrittenThings()

    def take(name: str, attributes: dict[str, str]) -> None:
        space, _, kind = name.rpartition(" ")
        kind = f"{space.removeprefix('http:///').removesuffix('.ecore').replace('/', '.')}.{kind}"
        if kind == _VIEW:
            found.indexed.update(_numbers(attributes.get("members", "").split()))
        found.take(attributes.get(_XMI_ID), kind, attributes.get("begin"), attributes.get("end"))

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = take
    _parse(parser, content)
    return found


def list_written_json(data: Mapping[str, Any]) -> WrittenThings:
    """The things in JSON that was read as a CAS before."""
    found = WrittenThings()
    things = data.get("%FEATURE_STRUCTURES")
    rows = things if isinstance(things, list) else ()
    named = things.items() if isinstance(things, dict) else ((each.get("%ID"), each) for each in rows)
    for name, each in named:
        found.take(name, str(each.get("%TYPE")), each.get("begin"), each.get("end"))
    for view in (data.get("%VIEWS") or {}).values():
        found.indexed.update(_numbers(view.get("%MEMBERS") or ()))
    return found


def refuse_declarations(content: bytes) -> None:
    """See that XML declares nothing, in any encoding.

    Raises:
        UnreadableArticle: It does, or it is not XML.
    """
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    _parse(parser, content)


def _parse(parser: expat.XMLParserType, content: bytes) -> None:
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise UnreadableArticle(f"it is not whole XML: {error}", todo="export it again") from None


def _refuse_doctype(*_: object) -> NoReturn:
    raise UnreadableArticle(
        "it has a document type, which can declare entities: no CAS has one", todo="take <!DOCTYPE ...> out"
    )


def _numbers(values: Iterable[object]) -> set[int]:
    return {number for number in map(_whole, values) if number is not None}


def _whole(value: object) -> int | None:
    """A whole number, of XML in letters; None for anything else."""
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            return None
    return value if type(value) is int else None
