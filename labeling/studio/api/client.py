"""The client: everything we ever ask of a Label Studio server, as one class of calls.

Reads are tried again when they fail for a moment; writes never are (`transport`). Whatever fails has a name
(`http_errors`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from labeling.errors import ShortAnswer, UsageError, escape_controls
from labeling.studio.api.http_errors import name_failures, not_label_studio_error, oversized_answer_error
from labeling.studio.api.prefetch import prefetch_items
from labeling.studio.api.queries import batch_names, export_path, last_change_query, make_filter, tasks_query
from labeling.studio.api.remote import (
    RemoteProject,
    RemoteSuggestion,
    RemoteTask,
    read_hidden_columns,
    read_latest_update,
    read_listed_task,
    read_number,
    read_project,
    read_suggestion,
    read_tasks_page,
)
from labeling.studio.format.exports import read_export
from labeling.studio.format.tasks import digest_result, submission_of
from labeling.values import canonical_json
from labeling.workspace.rows.server_state import check_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pydantic import JsonValue

    from labeling.annotations import Annotation
    from labeling.articles import Article
    from labeling.studio.api.queries import TaskFilter
    from labeling.studio.api.transport import Transport
    from labeling.studio.format.regions import Json

# Tasks an export is asked for by number, 14 bytes each in the address: nginx takes 8 KB by default, the image 64.
MOST_NUMBERS = 500


# Label Studio's name for it.
BY_SCORE = "Uncertainty sampling"

_PROJECTS_A_PAGE = 1000
# Pages of a list of tasks: ten million tasks with their texts.
MOST_PAGES = 10_000


@dataclass(frozen=True)
class Studio:
    """A Label Studio server, as one of its users sees it. ``url`` is for people: it is without secrets.

    Every method raises `StudioError`, by the name of what went wrong; a method names what else it raises.
    """

    url: str
    email: str
    transport: Transport = field(repr=False)

    # The server itself, and its users.

    def version(self) -> str:
        """The server's version; ``unknown`` when it does not tell."""
        answer = self.transport.read("api/version", "say its version")
        named = self.transport.parse(
            answer,
            lambda body: str(
                body.get("release") or body.get("label-studio-os-package", {}).get("version") or "unknown"
            ),
        )
        return escape_controls(named)

    def clock(self) -> dt.datetime | None:
        """The server's time, to the second; None where its answers have no date, as those of uWSGI alone."""
        answer = self.transport.read("api/version", "say its version")
        try:
            return check_instant(parsedate_to_datetime(answer.headers["date"]).astimezone(dt.UTC))
        except (KeyError, ValueError, OverflowError):
            return None

    def users(self) -> list[tuple[int, str]]:
        """The number and e-mail address of each user."""
        answer = self.transport.read("api/users/", "list its users")
        return self.transport.parse(
            answer, lambda body: [(read_number(user["id"]), escape_controls(str(user["email"]))) for user in body]
        )

    def invitation(self) -> str:
        """The address of the page where somebody who was invited signs up."""
        answer = self.transport.read("api/invite", "invite somebody")
        return self.transport.parse(answer, lambda body: escape_controls(str(body["invite_url"])))

    # Projects.

    def project(self, number: int) -> RemoteProject | None:
        """The project of that number, or None when this user sees none."""
        doing = f"show project {number}"
        # One answer for two cases: the project does not exist, or this user may not see it.
        answer = self.transport.read_if_there(f"api/projects/{number}/", doing)
        if answer is None:
            return None
        with name_failures(self.url, doing):
            return read_project(number, answer.content)

    def create_project(
        self, title: str, description: str, config: str, instruction: str, *, opens_instruction: bool = True
    ) -> int:
        """Create a project whose page shows the suggestions, and perhaps the instruction first; return its number."""
        settings = {
            "title": title,
            "description": description,
            "label_config": config,
            "expert_instruction": instruction,
            "show_instruction": opens_instruction,
            "show_skip_button": True,
            "enable_empty_annotation": True,
            "show_collab_predictions": True,
        }
        answer = self.transport.write("POST", "api/projects/", "create a project", json=settings)
        return self.transport.parse(answer, lambda body: read_number(body["id"]))

    def projects_titled(self, title: str) -> list[int]:
        """The numbers of the projects of that title that this user sees: the server takes any number of them."""
        numbers: list[int] = []
        query: dict[str, Any] = {"title": title, "include": "id,title", "page_size": _PROJECTS_A_PAGE}
        for page in range(1, MOST_PAGES + 1):
            answer = self.transport.read("api/projects/", "list its projects", params={**query, "page": page})
            rows, is_last = self.transport.parse(
                answer,
                lambda body: ([(read_number(row["id"]), row["title"]) for row in body["results"]], not body["next"]),
            )
            numbers += [number for number, name in rows if name == title]
            if is_last:
                break
        return numbers

    def change_page(self, project: int, config: str, instruction: str) -> None:
        """Give a project another labelling config and instruction. The server does not look whether labels are used."""
        page = {"label_config": config, "expert_instruction": instruction}
        self.transport.write("PATCH", f"api/projects/{project}/", f"change project {project}", json=page)

    def arrange_list(self, project: int, hidden: Iterable[str]) -> None:
        """Give a project that has no tab yet one whose list of tasks leaves some keys of their data out at first.

        Args:
            project: The project's number.
            hidden: The keys; the page's menu of columns shows them.
        """
        doing, query = f"arrange the list of project {project}", {"project": project}
        answer = self.transport.read("api/dm/views/", doing, params=query)
        if self.transport.parse(answer, bool):
            return
        answer = self.transport.read("api/dm/columns", doing, params=query)
        left_out = self.transport.parse(answer, lambda body: read_hidden_columns(body, hidden))
        tab: Json = {"title": "Default", "type": "list", "target": "tasks", "hiddenColumns": left_out}
        self.transport.write("POST", "api/dm/views/", doing, json={"project": project, "data": tab})

    def show_suggestions(self, project: int, model: str) -> None:
        """Let the page show what ``model`` suggested; the server refuses a model that suggested nothing."""
        shown = {"model_version": model, "show_collab_predictions": True}
        self.transport.write("PATCH", f"api/projects/{project}/", f"show the suggestions of {model}", json=shown)

    def order_by_score(self, project: int) -> None:
        """Let Label Studio serve first what the suggestions that are shown have the lowest score of."""
        self.transport.write(
            "PATCH", f"api/projects/{project}/", "order its tasks by score", json={"sampling": BY_SCORE}
        )

    def name_project(self, project: int, title: str) -> None:
        """Give a project another title."""
        self.transport.write("PATCH", f"api/projects/{project}/", "name a project", json={"title": title})

    def remove_project(self, project: int) -> None:
        """Remove a project with all its tasks and annotations."""
        self.transport.write("DELETE", f"api/projects/{project}/", f"remove project {project}")

    # Tasks.

    def import_tasks(self, project: int, tasks: Sequence[Json]) -> list[int]:
        """Store tasks, all or none, and return their numbers in the order given. After any error, look what is there.

        Raises:
            ShortAnswer: Other numbers of tasks came back than were sent.
        """
        return self.import_written(project, [*map(canonical_json, tasks)])

    def import_written(self, project: int, tasks: Sequence[str]) -> list[int]:
        """The same for tasks that are JSON texts already."""
        path = f"api/projects/{project}/import?return_task_ids=true"
        stored = self._write_rows(path, f"store {len(tasks)} tasks", tasks)
        # The server counts what it stored too; only the numbers tell which task is which.
        numbers = stored.get("task_ids") if isinstance(stored, dict) else None
        if not isinstance(numbers, list) or len(numbers) != len(tasks):
            raise self._short_answer(f"numbers for the {len(tasks)} tasks that were sent", len(numbers or []))
        try:
            return [read_number(number) for number in numbers]
        except TypeError:
            raise not_label_studio_error(self.url) from None

    def list_tasks(self, project: int, include: str, *filters: TaskFilter) -> Iterator[Any]:
        """Some fields of each task that fits, as plain JSON, page by page: the only way in which tasks are listed.

        Args:
            project: The project's number.
            include: The fields to send, with commas between.
            filters: What tasks must fit, all of it, each as `make_filter` makes it. Without any, all tasks fit.

        Raises:
            ShortAnswer: Fewer came than the server counts.
            OversizedAnswer: The pages do not end.
        """
        # The total may grow or shrink from page to page, for people go on meanwhile: the last answer counts.
        query = tasks_query(project, include, filters)
        seen, total, page = set[int](), 1, 1
        while len(seen) < total:
            if page > MOST_PAGES:
                raise oversized_answer_error(self.url, "list its tasks", f"has more than {MOST_PAGES} pages")
            rows, total = self._tasks_page({**query, "page": page})
            # A task that comes twice is one task.
            fresh = {row["id"]: row for row in rows if row["id"] not in seen}
            if not fresh and len(seen) < total:
                raise self._short_answer(f"{total} tasks", len(seen))
            yield from fresh.values()
            seen |= fresh.keys()
            page += 1

    def tasks(self, project: int, *filters: TaskFilter) -> Iterator[RemoteTask]:
        """The tasks that fit, with the article that each names and the models that made suggestions for it.

        Raises:
            ShortAnswer: As `list_tasks` does.
        """
        with name_failures(self.url, f"list the tasks of project {project}"):
            for row in self.list_tasks(project, "id,data,predictions_model_versions", *filters):
                yield read_listed_task(row)

    def find_numbers(self, project: int, numbers: Iterable[int]) -> set[int]:
        """Those of these tasks that are there."""
        wanted = set(numbers)
        condition = make_filter("id", "greater_or_equal", "Number", min(wanted, default=0))
        return wanted & {row["id"] for row in self.list_tasks(project, "id", condition)} if wanted else wanted

    def find_tasks(self, project: int, articles: Iterable[str]) -> list[RemoteTask]:
        """The tasks that name one of these articles, asked for in queries that any server takes."""
        # `in_list` takes a list; the Data Manager finds nothing by a text with commas.
        conditions = (make_filter("data.article", "in_list", "String", [*names]) for names in batch_names(articles))
        return [task for condition in conditions for task in self.tasks(project, condition)]

    def last_change(self, project: int) -> dt.datetime:
        """When a task there last changed, by the server's own clock: it is at least that late on the server."""
        answer = self.transport.read("api/tasks/", "list its last change", params=last_change_query(project))
        return self.transport.parse(answer, read_latest_update)

    def export_pieces(self, project: int, numbers: Sequence[int]) -> Iterator[bytes]:
        """The server's exports of the tasks of these numbers, five hundred at a time, as they come, in order.

        In pieces, because the server sends nothing until an export is made: a front that waits for a minute would cut
        off one of everything, and it would take the server a gigabyte. The server makes the next one while one is read;
        never two at once, for Label Studio writes two exports of the same content into one file.
        """
        pieces = (numbers[start : start + MOST_NUMBERS] for start in range(0, len(numbers), MOST_NUMBERS))
        paths = (export_path(project, piece) for piece in pieces)
        return prefetch_items(self.transport.read(path, "export some tasks").content for path in paths)

    def export_tasks(self, project: int, numbers: Sequence[int]) -> Iterator[JsonValue]:
        """The tasks of these numbers as the server's export has them; one that was deleted meanwhile is missing.

        Raises:
            UnreadableExport: What comes is not an export.
        """
        for raw in self.export_pieces(project, numbers):
            yield from read_export(raw, f"an export of project {project} of {self.url}")

    def export(self, project: int) -> Iterator[JsonValue]:
        """All tasks of a project as the server's export has them, with annotations and drafts.

        Raises:
            UnreadableExport: What comes is not an export.
        """
        return self.export_tasks(project, [row["id"] for row in self.list_tasks(project, "id")])

    def remove_empty(self, project: int, numbers: Sequence[int]) -> list[int]:
        """Remove those of these tasks that hold no annotation and no draft; return their numbers.

        Each is looked at the moment before: a task that somebody has worked in is never removed.
        """
        removed = []
        for number in numbers:
            for task in self.export_tasks(project, [number]):
                if isinstance(task, dict) and task.get("annotations") == [] and task.get("drafts") == []:
                    # Another push may have removed it in between.
                    self.transport.remove_if_there(f"api/tasks/{number}/", f"remove task {number}")
                    removed.append(number)
        return removed

    def remove_task(self, number: int) -> None:
        """Remove a task with all that people have said in it; it is as well when it is gone already."""
        self.transport.remove_if_there(f"api/tasks/{number}/", f"remove task {number}")

    # Annotations and suggestions.

    def annotate(self, task: int, annotation: Annotation, article: Article) -> int:
        """Submit or skip, as the user whose key this client has; return the server's number of it.

        Raises:
            UsageError: It is a draft, and only the page makes those.
        """
        if annotation.state == "draft":
            raise UsageError("a draft cannot be submitted", todo="make its state `submitted` or `skipped`")
        return self.file_annotation(task, submission_of(annotation, article))

    def file_annotation(self, task: int, annotation: Json) -> int:
        """Store an annotation under the account that it names as ``completed_by``; return the server's number of it."""
        path, doing = f"api/tasks/{task}/annotations/", f"store an annotation of task {task}"
        answer = self.transport.write("POST", path, doing, texts=True, json=annotation)
        return self.transport.parse(answer, lambda body: read_number(body["id"]))

    def save_draft(self, task: int, annotation: int | None, draft: Json, key: str | None) -> None:
        """Save a draft in a task, as the page does.

        Args:
            task: The task's number.
            annotation: The number of the annotation that the draft is a change of; None when it is a new one.
            draft: Its ``result`` and ``lead_time``.
            key: A legacy token of its author; None when that is the user of this client.
        """
        # The page saves a draft below the annotation it changes, or below the task.
        parent = "" if annotation is None else f"/annotations/{annotation}"
        # A key of the author, because the server signs a draft with whoever sends it.
        headers = {} if key is None else {"Authorization": f"Token {key}"}
        path = f"api/tasks/{task}{parent}/drafts"
        self.transport.write("POST", path, "save a draft", texts=True, json=draft, headers=headers)

    def import_suggestions(self, project: int, predictions: Sequence[str]) -> None:
        """Store predictions, JSON texts with the ``task`` each is for, all or none; the server knows no double."""
        path = f"api/projects/{project}/import/predictions"
        self._write_rows(path, f"store {len(predictions)} suggestions", predictions)

    def list_suggestions(self, project: int) -> list[tuple[int, str, str]]:
        """Every suggestion there: the task's number, the model, and the digest of the suggestion's result."""
        answer = self.transport.read("api/predictions/", "list its suggestions", params={"project": project})
        return self.transport.parse(
            answer,
            lambda rows: [
                (read_number(row["task"]), str(row["model_version"] or ""), digest_result(row["result"]))
                for row in rows
            ],
        )

    def list_removable(self, project: int) -> list[RemoteSuggestion]:
        """Every suggestion there, with its number and score."""
        answer = self.transport.read("api/predictions/", "list its suggestions", params={"project": project})
        return self.transport.parse(answer, lambda rows: [*map(read_suggestion, rows)])

    def remove_suggestion(self, number: int) -> None:
        """Remove one suggestion; it is as well when it is gone already."""
        self.transport.remove_if_there(f"api/predictions/{number}/", f"remove suggestion {number}")

    def remove_suggestions(self, project: int, model: str) -> None:
        """Remove all suggestions of a model in a project."""
        path, doing = f"api/projects/{project}/model-versions/", f"remove the suggestions of {model}"
        self.transport.write("DELETE", path, doing, json={"model_version": model})

    def _tasks_page(self, query: dict[str, Any]) -> tuple[list[Any], int]:
        """The tasks of one page, and how many there are on all pages."""
        read = self.transport.read if query["page"] == 1 else self.transport.read_if_there
        answer = read("api/tasks/", "list its tasks", params=query)
        if answer is None:
            # There were more pages a moment ago: another push is removing tasks.
            raise self._short_answer("another page of tasks", 0)
        return self.transport.parse(answer, lambda body: read_tasks_page(body, query["include"].split(",")))

    def _write_rows(self, path: str, doing: str, rows: Sequence[str]) -> Any:  # noqa: ANN401 - JSON
        """Send rows that are written as JSON already, as one list; return the server's answer.

        The SDK would copy each of them once more, piece by piece: that takes longer than all the rest of a push.
        """
        headers = {"Content-Type": "application/json"}
        body = f"[{','.join(rows)}]".encode()
        answer = self.transport.write("POST", path, doing, texts=True, content=body, headers=headers)
        return self.transport.parse(answer, lambda stored: stored)

    def _short_answer(self, wanted: str, came: int) -> ShortAnswer:
        return ShortAnswer(
            f"{self.url} should have sent {wanted}, and sent {came}",
            todo="run the same command again, when nobody is deleting tasks; nothing was written",
            where=self.url,
        )
