"""A server that answers as the Hub does, and writes down what it was asked: for tests of what we ask of the Hub."""

from __future__ import annotations

import base64
import json
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "desk/news"
API = f"/api/datasets/{NAME}"


@dataclass
class HubRecord:
    """What a Hub of one repository holds and was asked.

    ``files`` is None as long as there is no repository. ``requests`` has method, path and body of each in their order,
    ``keys`` what each was authorised by. ``failing`` has, by the end of a path, the status and the words of an answer
    in place of the right one.
    """

    url: str = ""
    files: dict[str, bytes] | None = None
    visibility: str = ""
    commits: list[str] = field(default_factory=list)
    requests: list[tuple[str, str, bytes]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    failing: dict[str, tuple[int, str]] = field(default_factory=dict)
    large: dict[str, bytes] = field(default_factory=dict)

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """What the Hub says: a status, and JSON."""
        ways = {
            f"GET {API}$": self._info,
            "POST /api/repos/create$": self._create,
            "POST /api/validate-yaml$": lambda _: (200, {"errors": [], "warnings": []}),
            f"POST {API}/preupload/": self._choose_modes,
            "POST .*/info/lfs/objects/batch$": self._list_uploads,
            f"POST {API}/commit/": self._commit,
        }
        if path.startswith("/upload/"):
            self.large[path.removeprefix("/upload/")] = body
            return 200, {}
        found = next((way for pattern, way in ways.items() if re.match(pattern, f"{method} {path}")), None)
        return found(body) if found else (404, {"error": "not found"})

    def _create(self, body: bytes) -> tuple[int, Any]:
        self.files, self.visibility = {}, json.loads(body)["visibility"]
        return 200, {"url": f"{self.url}/datasets/{NAME}", "name": NAME}

    def _choose_modes(self, body: bytes) -> tuple[int, Any]:
        return 200, {"files": [self._mode(each["path"]) for each in json.loads(body)["files"]]}

    def _list_uploads(self, body: bytes) -> tuple[int, Any]:
        return 200, {"transfer": "basic", "objects": [self._upload(each) for each in json.loads(body)["objects"]]}

    def _info(self, _: bytes) -> tuple[int, Any]:
        if self.files is None:
            return 404, {"error": "Repository not found"}
        siblings = [{"rfilename": name} for name in self.files]
        return 200, {"id": NAME, "sha": f"{len(self.commits):040x}", "siblings": siblings}

    def _mode(self, path: str) -> dict[str, Any]:
        mode = "lfs" if path.endswith(".parquet") else "regular"
        return {"path": path, "uploadMode": mode, "shouldIgnore": False, "oid": None}

    def _upload(self, wanted: dict[str, Any]) -> dict[str, Any]:
        return {**wanted, "actions": {"upload": {"href": f"{self.url}/upload/{wanted['oid']}"}}}

    def _commit(self, body: bytes) -> tuple[int, Any]:
        head, *operations = [json.loads(line) for line in body.splitlines()]
        parent = head["value"].get("parentCommit")
        if parent not in (None, f"{len(self.commits):040x}"):
            return 412, {"error": "the parent is another commit"}
        files = dict(self.files or {})
        for each in operations:
            value = each["value"]
            if each["key"] == "deletedFile":
                del files[value["path"]]
            elif each["key"] == "lfsFile":
                files[value["path"]] = self.large[value["oid"]]
            else:
                files[value["path"]] = base64.b64decode(value["content"])
        self.files = files
        self.commits.append(head["value"]["summary"])
        return 200, {
            "commitUrl": f"{self.url}/datasets/{NAME}/commit/1",
            "commitOid": f"{len(self.commits):040x}",
            "success": True,
        }


@contextmanager
def recording_hub() -> Iterator[HubRecord]:
    """A Hub on this machine, for the length of a block."""
    record = HubRecord()

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path.split("?")[0]
            record.requests.append((self.command, path, body))
            record.keys.append(self.headers.get("Authorization", ""))
            failure = next((told for end, told in record.failing.items() if re.search(end, path)), None)
            status, told = (failure[0], {"error": failure[1]}) if failure else record.answer(self.command, path, body)
            sent = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            if status == 404 and "Repository" in str(told):
                self.send_header("X-Error-Code", "RepoNotFound")
            if failure:
                self.send_header("X-Error-Message", failure[1])
            self.end_headers()
            self.wfile.write(sent)

        def do_GET(self) -> None:
            self._handle()

        def do_POST(self) -> None:
            self._handle()

        def do_PUT(self) -> None:
            self._handle()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        record.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield record
        server.shutdown()
