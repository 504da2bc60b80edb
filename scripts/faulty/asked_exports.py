"""Exports of Argilla and Potato, in all the forms in which these write records and answers."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING, Any

from faulty.drafts import Draft, write_cut, write_lines

if TYPE_CHECKING:
    from pathlib import Path

    from faulty.drafts import Rows
    from faulty.stories import Story


_USER = "2f6c8a1e-0b7d-4c55-9d3a-1c2b3a4d5e6f"
# The user where users belong.
ARGILLA_USER = re.compile(rf'"(?:user_id|[a-z]+\.responses\.users)": [\["]+{_USER}')


def draft_argilla(story: Story, counting: str, name: str) -> Draft:
    """Records of Argilla 2, which have no words of the spans: nested, flattened, by column, by id, from the server."""
    spans = [
        {"start": story.count(start, counting), "end": story.count(end, counting), "label": label}
        for start, end, label in story.spans
    ]
    user, topic = _USER, {"value": "Trade"}
    answers = {"ner": [{"value": spans, "user_id": user}], "topic": [{**topic, "user_id": user}]}
    nested: dict[str, Any] = {"id": name, "fields": {"text": story.text}, "metadata": {"page": 7}, "suggestions": {}}
    nested |= {"responses": answers, "vectors": {}, "status": "completed", "_server_id": f"s-{name}"}
    flat: dict[str, Any] = {"id": name, "status": "completed", "_server_id": f"s-{name}", "text": story.text}
    flat |= {"ner.responses": [spans], "ner.responses.users": [user], "ner.responses.status": ["submitted"]}
    response = {"user_id": user, "status": "submitted", "values": {"ner": {"value": spans}, "topic": topic}}
    server = {"id": f"s-{name}", "external_id": name, "fields": {"text": story.text}, "responses": [response]}
    forms: list[Any] = [
        nested,
        flat,
        {key: [value] for key, value in flat.items()},
        {name: {key: value for key, value in nested.items() if key != "id"}},
        {"items": [server | {"suggestions": [], "status": "completed"}], "total": 1},
    ]
    form = len(story.text) % len(forms)
    return Draft([forms[form]], False, write_lines(name, ".json" if form > 1 else ".jsonl"))


def draft_potato(story: Story, counting: str, name: str) -> Draft:
    """Lines or tables of Potato, with the words of each span as their ``span`` or their ``text``."""
    is_late = len(story.text) % 2 == 0
    spans = [
        {"start": story.count(start, counting), "end": story.count(end, counting)}
        | {("text" if is_late else "span"): story.text[start:end], ("name" if is_late else "annotation"): label}
        for start, end, label in story.spans
    ]
    form = len(story.text) % 5
    if form >= 3:  # noqa: PLR2004 - tables
        column = "ner._spans" if is_late else "span_annotation:::ner"
        row = {"user": "ana", "instance_id": name, "displayed_text": story.text, "topic:::Trade": "true", column: spans}
        return Draft([row], True, _TableWriter(name, "\t" if form == 3 else ","))  # noqa: PLR2004
    answers = "span_annotations" if form else "spans"
    fields: dict[str, Any] = {
        "id": name,
        "user": "ana",
        "displayed_text": story.text,
        answers: {"ner": spans} if form == 1 else spans,
    }
    if not form:
        fields = {"instance_id": fields.pop("id"), "user_id": fields.pop("user")} | fields
    return Draft(
        [fields | {"label_annotations" if form else "labels": {"topic": {"Trade": True}}}], True, write_lines(name)
    )


class _TableWriter:
    """Writes rows as a table, its spans as JSON or as Python writes them."""

    def __init__(self, name: str, sign: str) -> None:
        self._name, self._sign = name, sign

    def __call__(self, folder: Path, rows: Rows, *, cut: bool) -> Path:
        out = io.StringIO()
        names = list(rows[0]) if rows else ["user", "instance_id", "displayed_text"]
        table = csv.writer(out, delimiter=self._sign, lineterminator="\n")
        table.writerow(names)
        table.writerows([self._write(row.get(each)) for each in names] for row in rows)
        ending = "tsv" if self._sign == "\t" else "csv"
        return write_cut(folder / f"{self._name}.{ending}", out.getvalue(), cut=cut)

    def _write(self, value: object) -> str:
        if isinstance(value, str):
            return value
        return json.dumps(value, ensure_ascii=False) if self._sign == "\t" else repr(value)
