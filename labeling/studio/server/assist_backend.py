"""What `labeling assist` serves: a machine-learning backend for a Label Studio without a layer of ours.

It has the four routes that Label Studio 1.23 calls, and one more that it calls without need of an answer. What the
server tells at `/setup` is its creator's own token: it is neither read nor kept. Werkzeug reads requests, and is not
installed by default.
"""

from __future__ import annotations

import base64
import hmac
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labeling.studio.server.gate.labeling_gate.mentions import OFFERED_ID
from labeling.studio.server.gate.labeling_gate.region_rows import OfferQuestion, choose_offers, list_ids, list_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from werkzeug.wrappers import Request, Response

    from labeling.project import AssistSection
    from labeling.studio.server.gate.labeling_gate.mentions import MarkedStretch
    from labeling.studio.server.gate.labeling_gate.region_rows import RegionRow

MODEL = "labeling-assist"
_MOST_TASKS = 5_000  # whose offers are remembered
_MOST_AT_ONCE = 20  # people who annotate one task
_LARGEST = 50_000_000  # bytes of a request


@dataclass
class _Sitting:
    """One person's work on a task, known again by the regions they drew: the server does not say who asks."""

    ids: set[str] = field(default_factory=set)
    before: dict[MarkedStretch, bool] = field(default_factory=dict)


@dataclass
class AssistBackend:
    """A WSGI application; ``password`` is what Label Studio must send, as Basic auth, if there is one."""

    assist: AssistSection
    password: str = ""
    _sittings: OrderedDict[str, list[_Sitting]] = field(default_factory=OrderedDict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI
        """Answer a request."""
        from werkzeug.wrappers import Request

        request = Request(environ)
        request.max_content_length = _LARGEST
        return self.answer(request)(environ, start_response)

    def answer(self, request: Request) -> Response:
        """The answer to a request: JSON, or a refusal."""
        from werkzeug.exceptions import HTTPException
        from werkzeug.wrappers import Response

        if self.password and not _has_password(request, self.password):
            return Response("a password is asked for", 401, {"WWW-Authenticate": 'Basic realm="labeling assist"'})
        known = _ROUTES.get(request.path.rstrip("/") or "/health")
        if known is None or request.method not in known:
            return Response("there is no such route", 404 if known is None else 405)
        try:
            body = request.get_json(force=True) if request.method == "POST" and request.data else {}
        except (HTTPException, RecursionError):
            return Response("the body is not JSON, or too large", 400)
        answers: dict[str, Any] = {
            "/health": {"status": "UP", "model_class": MODEL},
            "/setup": {"model_version": MODEL},
            "/versions": {"versions": [MODEL]},
            "/webhook": {},
        }
        path = request.path.rstrip("/") or "/health"
        return _as_json(self.predict(body) if path == "/predict" else answers[path])

    def predict(self, body: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
        """What is offered on each task of a request; without a context, which is no page's question, nothing."""
        given = body if isinstance(body, dict) else {}
        params = given.get("params")
        context = params.get("context") if isinstance(params, dict) else None
        tasks = given.get("tasks")
        project = str(given.get("project") or "")
        offers = [
            self._offer(project, task, context) if isinstance(context, dict) and isinstance(task, dict) else []
            for task in (tasks if isinstance(tasks, list) else [])
        ]
        return {"results": [{"result": each, "score": None, "model_version": MODEL} for each in offers]}

    def _offer(self, project: str, task: Mapping[str, Any], context: Mapping[str, Any]) -> list[RegionRow]:
        data = task.get("data")
        text = data.get("text") if isinstance(data, dict) else None
        rows = list_rows(context.get("result"))
        if not isinstance(text, str):
            return []
        suggested = _rows_within(task.get("predictions")) if self.assist.model else []
        own = {name for name in list_ids(rows) - list_ids(suggested) if not name.startswith(OFFERED_ID)}
        saved = _saved_with(task, own)
        with self._lock:
            sitting = self._find_sitting(f"{project} {task.get('id')}", own | (list_ids(saved) - list_ids(suggested)))
            asked = OfferQuestion(text, rows, saved, suggested, {**sitting.before}, self.assist.mentions)
            offers, new = choose_offers(asked)
            sitting.before |= new
        return offers

    def _find_sitting(self, task: str, ids: set[str]) -> _Sitting:
        there = self._sittings.setdefault(task, [])
        self._sittings.move_to_end(task)
        if len(self._sittings) > _MOST_TASKS:
            self._sittings.popitem(last=False)
        sitting = next((each for each in there if each.ids & ids), None)
        if sitting is None:
            sitting = _Sitting()
            there.append(sitting)
            del there[:-_MOST_AT_ONCE]
        sitting.ids |= {name for name in ids if not name.startswith(OFFERED_ID)}
        return sitting


_ROUTES: dict[str, frozenset[str]] = {
    "/health": frozenset({"GET", "HEAD"}),
    "/setup": frozenset({"POST"}),
    "/predict": frozenset({"POST"}),
    "/versions": frozenset({"GET", "POST"}),
    "/webhook": frozenset({"POST"}),
}


def _has_password(request: Request, password: str) -> bool:
    scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
    try:
        said = base64.b64decode(sent, validate=True).partition(b":")[2]
    except ValueError:
        return False
    return scheme.lower() == "basic" and hmac.compare_digest(said, password.encode())


def _saved_with(task: Mapping[str, Any], ids: set[str]) -> list[RegionRow]:
    """The rows of a draft or an annotation that has one of these regions: those of whoever asks."""
    for name in ("drafts", "annotations"):
        for each in list_rows(task.get(name)):
            rows = list_rows(each.get("result"))
            if ids & list_ids(rows):
                return rows
    return []


def _rows_within(listed: Any) -> Sequence[RegionRow]:  # noqa: ANN401 - any JSON
    return [row for each in list_rows(listed) for row in list_rows(each.get("result"))]


def _as_json(value: Any) -> Response:  # noqa: ANN401 - any JSON
    from werkzeug.wrappers import Response

    from labeling.values import canonical_json

    return Response(canonical_json(value), mimetype="application/json")
