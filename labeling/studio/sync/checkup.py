"""A check-up of the set-up: is the server one we know, may we do there what we must, and does it keep every character.

The probe is a project of its own, with one task whose text holds whatever has ever shifted an offset somewhere. It is
annotated, found by its change, exported, read, compared to the character, and removed.
"""

from __future__ import annotations

import datetime as dt
import importlib.metadata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from labeling.annotations import Annotation, Relation, Span
from labeling.articles import Article
from labeling.errors import LabelingError, MissingInput
from labeling.studio.api.queries import make_filter
from labeling.studio.format.labelling_config import labelling_config, labelling_instruction
from labeling.studio.format.schema_change import read_schema_terms
from labeling.studio.format.submissions import annotator_names, read_task
from labeling.studio.format.tasks import task_of
from labeling.studio.sync.project_link import find_linked_project
from labeling.values import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from labeling.project import Project
    from labeling.schema import Schema
    from labeling.studio.api.client import Studio

Verdict: TypeAlias = Literal["good", "doubtful", "bad"]

# What the tests run against.
SERVER, SDK = "1.23", "2.1"

_MOST_APART = dt.timedelta(seconds=60)

# Each stretch is marked: emoji and a family of them, flags, combining marks, line ends of all kinds, blanks of all
# kinds, what looks like markup, right to left, letters beyond the 16-bit plane, quotes of newswire.
STRETCHES = (
    "😀",
    "👨‍👩‍👧‍👦 met",
    "🇲🇻🇮🇳",
    "e\u0301te\u0301",
    "line\r\nend",
    "lone\rreturn",
    "new\n\nparagraph",
    "no\u00a0break",
    "two  blanks",
    "tab\there",
    "R&D <b>not bold</b> &amp; &#39;",
    "\u202bשלום عليكم\u202c",  # noqa: RUF001 - look-alikes are the point
    "zero\u200bwidth\ufeff",
    "𝒜𝓃𝓃𝒶",  # noqa: RUF001 - look-alikes are the point
    "Male’ “quoted” \u2028 separated",  # noqa: RUF001 - look-alikes are the point
    "}}{{$text",
)
PROBE = "  " + " | ".join(STRETCHES) + "  "


@dataclass(frozen=True)
class CheckFinding:
    """One thing that was looked at: the verdict, what was found, and what to do when it is not good."""

    what: str
    verdict: Verdict
    found: str
    todo: str = ""


def examine(studio: Studio, project: Project) -> Iterator[CheckFinding]:
    """Look at everything, one after the other; a failure is a finding, and the next thing is looked at."""
    yield from _finding_or_failure("server", lambda: _check_server(studio))
    yield _check_sdk()
    yield _check_key(studio)
    yield from _finding_or_failure("clock", lambda: _check_clock(studio))
    yield from _finding_or_failure("schema", lambda: _check_schema(studio, project))
    yield from _finding_or_failure("probe", lambda: _run_probe(studio, project.schema))


def _finding_or_failure(what: str, look: Callable[[], CheckFinding]) -> Iterator[CheckFinding]:
    try:
        yield look()
    except LabelingError as error:
        yield CheckFinding(what, "bad", str(error), error.todo)


def _check_server(studio: Studio) -> CheckFinding:
    version = studio.version()
    found = f"Label Studio {version} at {studio.url}"
    if version.startswith(SERVER):
        return CheckFinding("server", "good", found)
    return CheckFinding("server", "doubtful", found, f"we are tested with {SERVER}; see that the probe below is good")


def _check_sdk() -> CheckFinding:
    version = importlib.metadata.version("label-studio-sdk")
    if version.startswith(SDK):
        return CheckFinding("client", "good", f"label-studio-sdk {version}")
    return CheckFinding(
        "client", "doubtful", f"label-studio-sdk {version}", f"install {SDK}.*, which we are tested with"
    )


def _check_key(studio: Studio) -> CheckFinding:
    kind = "a legacy token" if studio.transport.is_legacy_key else "a personal access token"
    return CheckFinding("key", "good", f"{kind} of {studio.email}")


def _check_clock(studio: Studio) -> CheckFinding:
    theirs = studio.clock()
    if theirs is None:
        return CheckFinding(
            "clock", "good", "the server does not tell; `pull --changes` goes by what changed there last"
        )
    apart = theirs - dt.datetime.now(dt.UTC)
    found = f"the server's clock is {apart.total_seconds():+.0f} s from ours"
    if abs(apart) < _MOST_APART:
        return CheckFinding("clock", "good", found)
    return CheckFinding(
        "clock", "doubtful", found, "set both by NTP: names of kept answers tell when they were asked for"
    )


def _check_schema(studio: Studio, project: Project) -> CheckFinding:
    try:
        remote = find_linked_project(studio, project.workspace)
    except MissingInput:
        return CheckFinding("schema", "good", "nothing was pushed yet: the page will be made from the project file")
    ours, theirs = read_schema_terms(labelling_config(project.schema)), read_schema_terms(remote.config)
    differing = [f"+ {control} {name}" for control, name in sorted(ours - theirs)]
    differing += [f"- {control} {name}" for control, name in sorted(theirs - ours)]
    if differing:
        found = f"the page of project {remote.number} is not the project file's: " + ", ".join(differing)
        return CheckFinding("schema", "doubtful", found, "run `labeling push`, which changes the page")
    return CheckFinding("schema", "good", f"project {remote.number} shows what the project file says")


def _run_probe(studio: Studio, schema: Schema) -> CheckFinding:
    project = studio.create_project(
        "labeling doctor", "A probe", labelling_config(schema).strip(), labelling_instruction(schema)
    )
    try:
        lost = _round_trip(studio, project, schema)
    finally:
        studio.remove_project(project)
    if lost:
        return CheckFinding("probe", "bad", "; ".join(lost), "do not use this server until its vendor has mended that")
    return CheckFinding("probe", "good", f"{len(STRETCHES)} spans came back to the character; the probe is removed")


def _round_trip(studio: Studio, project: int, schema: Schema) -> list[str]:
    """What of the probe did not come back as it went."""
    article = Article(id="labeling/doctor", text=PROBE, digest=digest_of(PROBE), title="<i>&amp;</i> 😀")
    said = _probe_annotation(article, schema)
    (task,) = studio.import_tasks(project, [task_of(article)])
    number = studio.annotate(task, said, article)
    (exported,) = studio.export_tasks(project, [task])
    names = annotator_names(studio.users())
    came, findings = read_task(exported, {article.id: article}, schema, names)
    lost = [f"{finding.what} {finding.id}: {finding.reason}" for finding in findings]
    if [(one.server_id, one.spans, one.relations) for one in came] != [(number, said.spans, said.relations)]:
        lost.append("the annotation is not what was submitted")
    return [*lost, *_find_unseen(studio, project, task)]


def _find_unseen(studio: Studio, project: int, task: int) -> list[str]:
    """Whether the filters that `pull --changes` relies on find the task."""
    before = studio.last_change(project) - dt.timedelta(minutes=10)
    condition = make_filter("updated_at", "greater", "Datetime", f"{before:%Y-%m-%dT%H:%M:%S.%fZ}")
    changed = [row["id"] for row in studio.list_tasks(project, "id", condition)]
    found = [each.number for each in studio.find_tasks(project, ["labeling/doctor"])]
    lost = [] if changed == [task] else ["the server does not find a task by its change"]
    return lost if found == [task] else [*lost, "the server does not find a task by its article"]


def _probe_annotation(article: Article, schema: Schema) -> Annotation:
    """Each stretch as a span, with a doubt and a note; and a relation, where the schema has one between any label."""
    label, spans, start = schema.label_names[0], list[Span](), 0
    for number, stretch in enumerate(STRETCHES):
        start = article.text.index(stretch, start)
        end = start + len(stretch)
        spans.append(Span(id=f"p{number}", start=start, end=end, label=label, unsure=number % 2 == 0, note=stretch))
        start = end
    free = [relation.name for relation in schema.relations if relation.allows(label, label)]
    links = tuple(Relation(head="p0", tail="p1", label=name) for name in free[:1])
    return Annotation(
        article=article.id, digest=article.digest, annotator="", spans=tuple(spans), relations=links, seconds=1.5
    )
