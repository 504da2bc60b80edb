"""The probe of ``labeling doctor``: a task whose text holds whatever has ever shifted an offset somewhere.

It is stored in a project of its own, annotated, found by its change, exported, read, compared to the character, and
removed.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from labeling.annotations import Annotation, Relation, Span
from labeling.articles import Article
from labeling.studio.api.queries import make_filter
from labeling.studio.format.labelling_config import labelling_config, labelling_instruction
from labeling.studio.format.submissions import read_task
from labeling.studio.format.tasks import task_of
from labeling.values import digest_of
from labeling.workspace.annotator_names import annotator_names

if TYPE_CHECKING:
    from labeling.schema import Schema
    from labeling.studio.api.client import Studio

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


_ARTICLE = "labeling/doctor"


def send_probe(studio: Studio, schema: Schema) -> list[str]:
    """Send the probe there and back; a sentence for each thing that did not come back as it went.

    Raises:
        StudioError: The server did not do what was asked. The probe's project is removed all the same.
    """
    project = studio.create_project(
        "labeling doctor", "A probe", labelling_config(schema).strip(), labelling_instruction(schema)
    )
    try:
        return _round_trip(studio, project, schema)
    finally:
        studio.remove_project(project)


def _round_trip(studio: Studio, project: int, schema: Schema) -> list[str]:
    """What of the probe did not come back as it went."""
    article = Article(id="labeling/doctor", text=PROBE, digest=digest_of(PROBE), title="<i>&amp;</i> 😀")
    sent = _probe_annotation(article, schema)
    (task,) = studio.import_tasks(project, [task_of(article)])
    number = studio.annotate(task, sent, article)
    exported = [*studio.export_tasks(project, [task])]
    if len(exported) != 1:
        return [f"one task was sent, and {len(exported)} came back"]
    names = annotator_names(studio.users())
    came, findings = read_task(exported[0], {article.id: article}, schema, names)
    # Whatever the reader puts into quarantine has not survived.
    lost = [f"{finding.what} {finding.id}: {finding.reason}" for finding in findings]
    if [(one.server_id, one.spans, one.relations) for one in came] != [(number, sent.spans, sent.relations)]:
        lost.append("the annotation is not what was submitted")
    return [*lost, *_find_unseen(studio, project, task)]


def _find_unseen(studio: Studio, project: int, task: int) -> list[str]:
    """Whether the filters that `pull --changes` relies on find the task."""
    # Ten minutes earlier, as `pull --changes` looks further back than need be.
    before = studio.last_change(project) - dt.timedelta(minutes=10)
    condition = make_filter("updated_at", "greater", "Datetime", f"{before:%Y-%m-%dT%H:%M:%S.%fZ}")
    changed = [row["id"] for row in studio.list_tasks(project, "id", condition)]
    found = [each.number for each in studio.find_tasks(project, ["labeling/doctor"])]
    lost = [] if changed == [task] else ["the server does not find a task by its change"]
    return lost if found == [task] else [*lost, "the server does not find a task by its article"]


def _probe_annotation(article: Article, schema: Schema) -> Annotation:
    """Each stretch as a span, with a doubt and a note; and a relation, where the schema has one between any label."""
    # Searched from the end of the last one, for a stretch may occur in another.
    label = schema.label_names[0]
    spans: list[Span] = []
    start = 0
    for number, stretch in enumerate(STRETCHES):
        start = article.text.index(stretch, start)
        end = start + len(stretch)
        spans.append(Span(id=f"p{number}", start=start, end=end, label=label, unsure=number % 2 == 0, note=stretch))
        start = end
    # Only a relation between two spans of the same label can be drawn here.
    free = [relation.name for relation in schema.relations if relation.allows(label, label)]
    links = tuple(Relation(head="p0", tail="p1", label=name) for name in free[:1])
    return Annotation(
        article=article.id, digest=article.digest, annotator="", spans=tuple(spans), relations=links, seconds=1.5
    )
