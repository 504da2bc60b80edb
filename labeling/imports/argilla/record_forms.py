"""The forms of Argilla's records: nested, flattened, by column or by id, and as its server answers; each becomes one.

* nested (``to_json``, ``to_list``): ``fields``, ``responses``, ``suggestions`` by question; no response has a status;
* flattened (``flatten=True``, ``to_datasets``): ``ner.responses``, ``.users``, ``.status``, ``ner.suggestion``;
* by column (``to_dict``): a list for each of these names; by id (``orient="index"``): a record for each id;
* from the server: ``responses`` is a list with ``values`` by question, ``suggestions`` one with ``question_name``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from labeling.imports.glimpse import JsonLine

AskedFields: TypeAlias = dict[str, Any]

_KEPT = ("id", "external_id", "fields", "metadata", "responses", "suggestions", "vectors", "status", "_server_id")
# What the server tells of a record besides; none of it is about the text.
_BOOKKEEPING_FIELDS = frozenset({"inserted_at", "updated_at", "dataset_id", "query_score"})
_RESPONSES, _USERS, _STATUS = ".responses", ".responses.users", ".responses.status"
_SUGGESTION, _AGENT, _SCORE = ".suggestion", ".suggestion.agent", ".suggestion.score"
_ENDS = (_RESPONSES, _USERS, _STATUS, _SUGGESTION, _AGENT, _SCORE)


@dataclass(frozen=True)
class QuestionAnswer:
    """What somebody answered to a question: a person, by ``user``, or a model (``is_suggested``), by ``user``, too.

    ``status`` is "" where the form does not tell it.
    """

    question: str
    value: object
    user: str = ""
    status: str = ""
    is_suggested: bool = False


@dataclass(frozen=True)
class AskedRecord:
    """A record: where it stands, its fields, what was answered, and what is not read.

    ``has_status`` is true where the form tells whether an answer was sent.
    """

    where: str
    id: object
    fields: AskedFields
    metadata: AskedFields = field(default_factory=dict)
    answers: tuple[QuestionAnswer, ...] = ()
    status: str = ""
    unread: Mapping[str, object] = field(default_factory=dict)


def holds_records(fields: JsonLine) -> bool:
    """Whether an object is a record, or holds several: by column, or by id."""
    return bool(tell_record(fields)) or _is_columnar(fields) or _is_by_id(fields)


def list_records(fields: JsonLine) -> list[JsonLine]:
    """The records that an object holds, itself where it is one."""
    if _is_columnar(fields):
        return [dict(zip(fields, row, strict=True)) for row in zip(*fields.values(), strict=True)]
    return [{"id": name} | each for name, each in fields.items()] if _is_by_id(fields) else [fields]


def _is_by_id(value: JsonLine) -> bool:
    return bool(value) and all(isinstance(each, dict) and tell_record(each) for each in value.values())


def _is_columnar(value: JsonLine) -> bool:
    lengths = {len(each) if isinstance(each, list) else -1 for each in value.values()}
    return len(lengths) == 1 and max(lengths) > 0 and ("fields" in value or any(map(_is_of_question, value)))


def tell_record(fields: JsonLine) -> tuple[str, ...]:
    """The names of the fields by which an object is a record; none for anything else."""
    if isinstance(fields.get("fields"), dict):
        return next((("fields", name) for name in ("responses", "suggestions") if name in fields), ())
    found = [name for name in fields if _is_of_question(name)]
    return ("_server_id", found[0]) if found and "_server_id" in fields else tuple(found[:2]) if len(found) > 1 else ()


def is_of_argilla(fields: JsonLine) -> bool:
    """Whether an object has anything that a record has, be it damaged: its fields, a question, or its number."""
    return bool({"fields", "_server_id", "responses", "suggestions"} & fields.keys()) or any(
        map(_is_of_question, fields)
    )


def _is_of_question(name: str) -> bool:
    return name.endswith(_ENDS)


def parse_record(fields: JsonLine, where: str) -> AskedRecord:
    """The record in an object of any form."""
    nested = isinstance(fields.get("fields"), dict)
    inner, answers = (
        (fields["fields"], _nested_answers(fields)) if nested else (_flat_fields(fields), _flat_answers(fields))
    )
    metadata = fields.get("metadata")
    status = fields.get("status")
    return AskedRecord(
        where=where,
        # The server calls our id external.
        id=fields.get("external_id") or fields.get("id") or "",
        fields=inner,
        metadata=metadata if isinstance(metadata, dict) else {},
        answers=tuple(answers),
        status=status if isinstance(status, str) else "",
        unread={
            **{name: each for name, each in fields.items() if nested and name not in {*_KEPT, *_BOOKKEEPING_FIELDS}},
            **dict(_list_odd_parts(fields, nested=nested)),
        },
    )


def _list_odd_parts(fields: JsonLine, *, nested: bool) -> Iterator[tuple[str, object]]:
    """What is not of the form that its name says, or stands in a response under a name that responses have not."""
    for name, value in fields.items():
        fits = next((fits for ends, fits in _FORMS.items() if name.endswith(ends)), None) if not nested else None
        fits = fits or (_FORMS_NESTED.get(name) if nested or name in _NAMES else None)
        if value is not None and fits and not fits(value):
            yield name, value
    for part in ("responses", "suggestions") if nested else ():
        given = fields.get(part)
        for question, each in given.items() if isinstance(given, dict) else ():
            # People answer one after the other, a model at once.
            if each is not None and isinstance(each, list) is (part == "suggestions"):
                yield f"{part}.{question}", each
        yield from _list_odd_answers(part, given)


def _list_odd_answers(part: str, given: object) -> Iterator[tuple[str, object]]:
    """What stands in answers under a name that answers have not, or is not of the form that its name says."""
    pairs = given.items() if isinstance(given, dict) else [("", given)]
    # The server has the answers to all questions in one response.
    other = "value" if part == "responses" and isinstance(given, list) else "values"
    for question, values in pairs:
        for each in values if isinstance(values, list) else [values]:
            for name, value in each.items() if isinstance(each, dict) else ():
                is_odd = name in _STRINGS and not isinstance(value, str | None)
                if is_odd or name == other or name not in _OF_ANSWERS:
                    yield ".".join(filter(None, (part, question, name))), value


def _is_name(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _are_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str | None) for each in value)


def _are_numbers(value: object) -> bool:
    """A number, or any numbers in lists or by name: scores and vectors."""
    if isinstance(value, dict | list):
        return all(map(_are_numbers, value.values() if isinstance(value, dict) else value))
    return isinstance(value, int | float | None)


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _are_parts(value: object) -> bool:
    return isinstance(value, dict | list)


_OF_ANSWERS = frozenset(
    {
        *("value", "values", "user_id", "status", "id", "record_id", "inserted_at", "updated_at", "question_name"),
        *("question_id", "agent", "score", "type"),
    }
)
_STRINGS = ("user_id", "status", "agent")
_NAMES = ("id", "external_id", "_server_id", "status")
_FORMS_NESTED: dict[str, Callable[[object], bool]] = {
    **dict.fromkeys(("id", "external_id", "_server_id"), _is_name),
    "status": _is_text,
    "metadata": _is_object,
    "vectors": _are_numbers,
    **dict.fromkeys(("responses", "suggestions"), _are_parts),
}
# The longer ends come first.
_FORMS: dict[str, Callable[[object], bool]] = {
    **dict.fromkeys((_USERS, _STATUS), _are_names),
    _SCORE: _are_numbers,
    _AGENT: _is_text,
    _RESPONSES: _is_list,
}


def _flat_fields(fields: JsonLine) -> AskedFields:
    """Texts and metadata, which stand side by side."""
    known = {*_KEPT, *_BOOKKEEPING_FIELDS}
    return {name: each for name, each in fields.items() if name not in known and not _is_of_question(name)}


def _flat_answers(fields: JsonLine) -> Iterator[QuestionAnswer]:
    for name, value in fields.items():
        if name.endswith(_RESPONSES):
            question = name.removesuffix(_RESPONSES)
            values = _as_list_of(value)
            users, states = _as_list_of(fields.get(question + _USERS)), _as_list_of(fields.get(question + _STATUS))
            for number, each in enumerate(values):
                yield QuestionAnswer(question, _as_rows(each), _string_at(users, number), _string_at(states, number))
        elif name.endswith(_SUGGESTION) and value is not None:
            question = name.removesuffix(_SUGGESTION)
            agent = fields.get(question + _AGENT)
            yield QuestionAnswer(question, _as_rows(value), _as_name(agent), is_suggested=True)


def _nested_answers(fields: JsonLine) -> Iterator[QuestionAnswer]:
    responses, suggestions = fields.get("responses"), fields.get("suggestions")
    if isinstance(responses, dict):
        for question, given in responses.items():
            for each in _as_list_of(given):
                yield _one_answer(str(question), each)
    for each in _as_list_of(responses):
        values = each.get("values") if isinstance(each, dict) else None
        for question, value in (values or {"": None}).items() if isinstance(values or {}, dict) else ():
            given = value.get("value") if isinstance(value, dict) and "value" in value else value
            yield _one_answer(str(question), {**each, "value": given} if isinstance(each, dict) else each)
    pairs = (
        suggestions.items() if isinstance(suggestions, dict) else ((None, each) for each in _as_list_of(suggestions))
    )
    for name, each in pairs:
        if isinstance(each, dict):
            question = name if name is not None else each.get("question_name")
            yield QuestionAnswer(
                str(question), _as_rows(each.get("value")), _as_name(each.get("agent")), is_suggested=True
            )


def _one_answer(question: str, given: object) -> QuestionAnswer:
    if not isinstance(given, dict):
        return QuestionAnswer(question, given)
    return QuestionAnswer(
        question, _as_rows(given.get("value")), _as_name(given.get("user_id")), _as_name(given.get("status"))
    )


def _as_list_of(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _as_name(value: object) -> str:
    # Who is not known is written as the word None.
    return value if isinstance(value, str) and value != "None" else ""


def _string_at(values: list[Any], number: int) -> str:
    return _as_name(values[number]) if number < len(values) else ""


def _as_rows(value: object) -> object:
    """A table of spans by column, as Hugging Face's datasets may have it, as rows; anything else as it is."""
    if not isinstance(value, dict) or not {"start", "end"} <= value.keys():
        return value
    columns = {name: each for name, each in value.items() if isinstance(each, list)}
    if not {"start", "end"} <= columns.keys() or len({*map(len, columns.values())}) != 1:
        return value
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
