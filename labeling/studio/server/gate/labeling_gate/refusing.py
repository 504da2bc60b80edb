"""A refusal as its reader meets it: a page for people, JSON for programs."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse

if TYPE_CHECKING:
    from .decision import Refusal

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<body style="font: 1.1rem/1.5 sans-serif; max-width: 40rem; margin: 4rem auto">
<h1>{title}</h1><p>{sentence}</p></body></html>
"""
_TITLES = {401: "Log in first", 429: "Not now"}


def answer_refusal(request: Any, refusal: Refusal) -> Any:  # noqa: ANN401 - Django has no types
    """The answer: one sentence, in the form that was asked for."""
    if "text/html" in request.META.get("HTTP_ACCEPT", ""):
        page = _PAGE.format(title=_TITLES.get(refusal.status, "Refused"), sentence=escape(refusal.sentence))
        answer = HttpResponse(page, status=refusal.status)
    else:
        body = json.dumps({"detail": refusal.sentence})
        answer = HttpResponse(body, status=refusal.status, content_type="application/json")
    if refusal.wait:
        answer["Retry-After"] = str(refusal.wait)
    return answer
