"""The client: `label_studio_sdk` behind the few calls we use. Whatever fails has a name (`http_errors`).

Reading is tried again by the SDK; writing never is. Label Studio does not recognise what it has been sent before, so a
second try after a lost answer would store everything twice.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from labeling.errors import NoServer, NotAuthorised, ServerUnreachable, ShortAnswer, UsageError
from labeling.studio.api import calls
from labeling.studio.api.http_errors import name_failures, not_label_studio_error
from labeling.studio.api.remote import RemoteProject, RemoteTask, read_listed_task, read_project
from labeling.studio.format.convert import annotator_names, submission_of
from labeling.studio.format.exports import read_export
from labeling.values import canonical_json

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Sequence
    from gzip import GzipFile
    from typing import BinaryIO

    from label_studio_sdk import LabelStudio
    from label_studio_sdk.core.request_options import RequestOptions
    from pydantic import JsonValue

    from labeling.annotations import Annotation
    from labeling.articles import Article
    from labeling.studio.format.convert import Json
    from labeling.studio.server.credentials import Credentials
    from labeling.workspace.table import Workspace

URL = "LABEL_STUDIO_URL"
KEY = "LABEL_STUDIO_API_KEY"

# Seconds. The server says nothing while it stores a batch or prepares an export.
_FIRST_REQUEST: RequestOptions = {"max_retries": 0, "timeout": 30}
_READ_REQUEST: RequestOptions = {"max_retries": 2, "timeout": 900}
_WRITE_REQUEST: RequestOptions = {"max_retries": 0, "timeout": 900}

_SDK_PAGE = 1000  # tasks


@dataclass(frozen=True)
class Studio:
    """A Label Studio server, as one of its users sees it. ``url`` is for people: it holds no secret."""

    url: str
    email: str
    sdk: LabelStudio = field(repr=False)

    def project(self, number: int) -> RemoteProject | None:
        """The project of that number, or None when this user sees none."""
        from label_studio_sdk.core.api_error import ApiError

        with name_failures(self.url, f"show project {number}"):
            try:
                found = self.sdk.projects.get(number, request_options=_READ_REQUEST)
            except ApiError as error:
                if error.status_code == 404 and isinstance(error.body, dict):  # noqa: PLR2004 - HTTP's own number
                    return None
                raise
            return read_project(number, found.model_dump())

    def create_project(self, title: str, description: str, config: str, instruction: str) -> int:
        """Create a project whose page shows the instruction and the suggestions; return its number."""
        with name_failures(self.url, "create a project"):
            made = self.sdk.projects.create(
                title=title,
                description=description,
                label_config=config,
                expert_instruction=instruction,
                show_instruction=True,
                show_skip_button=True,
                enable_empty_annotation=True,
                show_collab_predictions=True,
                request_options=_WRITE_REQUEST,
            )
        return int(made.id or 0)

    def change_page(self, project: int, config: str, instruction: str) -> None:
        """Give a project another labelling config and instruction. The server does not look whether labels are used."""
        with name_failures(self.url, f"change project {project}"):
            self.sdk.projects.update(
                project, label_config=config, expert_instruction=instruction, request_options=_WRITE_REQUEST
            )

    def show_suggestions(self, project: int, model: str) -> None:
        """Let the page show what ``model`` suggested; the server refuses a model that suggested nothing."""
        with name_failures(self.url, f"show the suggestions of {model}"):
            self.sdk.projects.update(
                project, model_version=model, show_collab_predictions=True, request_options=_WRITE_REQUEST
            )

    def import_tasks(self, project: int, tasks: Sequence[Json]) -> list[int]:
        """Store tasks, all or none, and return their numbers in the order given. After any error, look what is there.

        Raises:
            ShortAnswer: Other numbers of tasks came back than were sent.
        """
        return self.import_written(project, [*map(canonical_json, tasks)])

    def import_written(self, project: int, tasks: Sequence[str]) -> list[int]:
        """The same for tasks that are JSON texts already."""
        path = f"api/projects/{project}/import?return_task_ids=true"
        stored = calls.store_rows(self, path, f"store {len(tasks)} tasks", tasks)
        numbers = stored.get("task_ids") if isinstance(stored, dict) else None
        if not isinstance(numbers, list) or len(numbers) != len(tasks):
            raise self._short(f"numbers for the {len(tasks)} tasks that were sent", len(numbers or []))
        return [int(number) for number in numbers]

    def import_suggestions(self, project: int, predictions: Sequence[str]) -> None:
        """Store predictions, JSON texts with the ``task`` each is for, all or none; the server knows no double."""
        path = f"api/projects/{project}/import/predictions"
        calls.store_rows(self, path, f"store {len(predictions)} suggestions", predictions)

    def tasks(self, project: int) -> Iterator[RemoteTask]:
        """All tasks of a project, page by page.

        Raises:
            ShortAnswer: Fewer came than the server counts.
        """
        came, total, page = 0, 1, 1
        while came < total:
            rows, total = self._page(project, page)
            if not rows and came < total:
                raise self._short(f"{total} tasks", came)
            yield from rows
            came, page = came + len(rows), page + 1

    def download(self, project: int, out: BinaryIO | GzipFile) -> None:
        """Write the server's JSON export of all tasks, with annotations and drafts, to ``out`` as it comes."""
        with name_failures(self.url, f"export project {project}"):
            chunks = self.sdk.projects.exports.download_sync(
                project, export_type="JSON", download_all_tasks=True, request_options=_READ_REQUEST
            )
            out.writelines(chunks)

    def export(self, project: int) -> list[JsonValue]:
        """The tasks of that export.

        Raises:
            UnreadableExport: It is none.
        """
        out = BytesIO()
        self.download(project, out)
        return read_export(out.getvalue(), f"the export of project {project} of {self.url}")

    def users(self) -> list[tuple[int, str]]:
        """The number and e-mail address of each user."""
        with name_failures(self.url, "list its users"):
            return [(int(user.id), str(user.email)) for user in self.sdk.users.list(request_options=_READ_REQUEST)]

    def annotators(self) -> dict[int | str, str]:
        """What to call each user, by number and by e-mail address, as `annotator_names` has it."""
        return annotator_names(self.users())

    def annotate(self, task: int, annotation: Annotation, article: Article) -> int:
        """Submit or skip, as the user whose key this client has; return the server's number of it.

        Raises:
            UsageError: It is a draft, and only the page makes those.
        """
        if annotation.state == "draft":
            raise UsageError("a draft cannot be submitted", todo="make its state `submitted` or `skipped`")
        with name_failures(self.url, f"store an annotation of task {task}", texts=True):
            stored = self.sdk.annotations.create(
                task, **cast("Any", submission_of(annotation, article)), request_options=_WRITE_REQUEST
            )
        return int(stored.id or 0)

    def _page(self, project: int, page: int) -> tuple[list[RemoteTask], int]:
        with name_failures(self.url, f"list the tasks of project {project}"):
            answer: Any = self.sdk.tasks.list(
                project=project,
                # The models that spoke are told only with `all`; `include` keeps the rest out.
                fields="all",
                include="id,data,predictions_model_versions",
                page=page,
                page_size=_SDK_PAGE,
                request_options=_READ_REQUEST,
            )
            return [read_listed_task(item.model_dump()) for item in answer.items or []], int(answer.response.total)

    def _short(self, wanted: str, came: int) -> ShortAnswer:
        return ShortAnswer(
            f"{self.url} should have sent {wanted}, and sent {came}",
            todo="run the same command again, when nobody is deleting tasks; nothing was written",
            where=self.url,
        )


@contextmanager
def connect(workspace: Workspace, credentials: Credentials | None = None) -> Iterator[Studio]:
    """The server that the environment names, else the workspace's embedded one, if it runs.

    Args:
        workspace: Whose embedded server.
        credentials: A server to speak to whatever the environment says.

    Raises:
        NoServer: Neither is there.
        StudioError: As `connect_to` does.
    """
    url, key = (credentials.url, credentials.api_key) if credentials else _named_or_embedded(workspace)
    with connect_to(url, key) as studio:
        yield studio


@contextmanager
def connect_to(url: str, key: str) -> Iterator[Studio]:
    """The server at ``url``, for the user whose key it is: a personal access token or a legacy token.

    Raises:
        ServerUnreachable: Nothing answers, or it is no address.
        NotLabelStudio: Something else answers.
        NotAuthorised: The key is not accepted.
    """
    import httpx
    from label_studio_sdk import LabelStudio

    shown = _hide_secrets(url)
    if not key.isascii() or not key.isprintable() or " " in key:
        raise NotAuthorised(f"what is given as the key for {shown} is none", todo=f"see what {KEY} holds", where=shown)
    # Redirections are not followed: a POST would arrive as a GET, and the key at another machine. Proxies of the
    # environment are for other machines than this one; the authorities it names are for all.
    here = urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")
    with httpx.Client(timeout=60, follow_redirects=False, trust_env=not here, verify=_ssl_context(shown)) as browser:
        with name_failures(shown, "say who we are"):
            sdk = LabelStudio(  # type: ignore[no-untyped-call]  # the SDK's own constructor has no types
                base_url=f"{url.rstrip('/')}/", api_key=key, httpx_client=browser
            )
            user = sdk.users.whoami(request_options=_FIRST_REQUEST)
        # The SDK checks nothing of an answer: it may be any JSON.
        email = getattr(user, "email", None)
        if not isinstance(email, str):
            raise not_label_studio_error(shown)
        yield Studio(shown, email, sdk)


def _ssl_context(url: str) -> ssl.SSLContext:
    """Whose certificates are believed: those of SSL_CERT_FILE or SSL_CERT_DIR, else the ones everybody believes."""
    import httpx

    try:
        return httpx.create_ssl_context(trust_env=url.startswith("https:"))
    except OSError as error:
        raise ServerUnreachable(
            f"{url} cannot be trusted: no certificate can be read from what SSL_CERT_FILE names ({error.strerror})",
            todo="let SSL_CERT_FILE name a file of certificates (PEM), or unset it",
            where="SSL_CERT_FILE",
        ) from None


def _named_or_embedded(workspace: Workspace) -> tuple[str, str]:
    url, key = os.environ.get(URL, "").strip(), os.environ.get(KEY, "").strip()
    if url and not key:
        raise NotAuthorised(f"{URL} is set, and {KEY} is not", todo=f"put a key of yours into {KEY}", where=URL)
    if key and not url:
        raise NoServer(f"{KEY} is set, and {URL} is not", todo=f"name the server in {URL}, or unset {KEY}", where=URL)
    return (url, key) if url else _embedded_server(workspace)


def _embedded_server(workspace: Workspace) -> tuple[str, str]:
    from labeling.studio.server.server import find_running_server

    credentials = find_running_server(workspace)
    if credentials is None:
        raise NoServer(
            f"no server is named in {URL}, and the one of {workspace.root} does not run",
            todo=f"start it with `labeling serve --detach`, or name yours in {URL} and {KEY}",
            where=str(workspace.root),
        )
    return credentials.url, credentials.api_key


def _hide_secrets(url: str) -> str:
    """The address for messages, without a user or password that may stand in it."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        parts, port = urlsplit(""), ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ServerUnreachable(
            f"what {URL} holds is no address of a server", todo="write it as http://host:port", where=URL
        )
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path.rstrip('/')}"
