"""Answers in JSON: read, written and refused, in the form in which Label Studio's page takes them."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse, JsonResponse
from rest_framework.renderers import JSONRenderer


def render_json(value: Any, status: int = 200) -> Any:  # noqa: ANN401 - any JSON
    """An answer with what one of Label Studio's serializers made."""
    return HttpResponse(JSONRenderer().render(value), status=status, content_type="application/json")


def read_answer(answer: Any) -> Any:  # noqa: ANN401 - Django has no types
    """The JSON of an answer; None where it has none."""
    if answer.streaming or "json" not in answer.get("Content-Type", ""):
        return None
    try:
        return json.loads(answer.content)
    except ValueError:
        return None


def replace_answer(answer: Any, value: Any) -> Any:  # noqa: ANN401 - the same
    """The same answer with other JSON in it."""
    answer.content = json.dumps(value).encode()
    answer["Content-Length"] = str(len(answer.content))
    return answer


def pause_page(sentence: str) -> Any:  # noqa: ANN401 - the same
    """A refusal whose sentence the page shows: of all refusals only this one leaves what was marked to be mended."""
    detail = {"detail": sentence, "status_code": 403, "display_context": {"reason": "PAUSED"}}
    return JsonResponse(detail, status=403)
