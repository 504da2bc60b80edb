"""Relations for their authors to mend: ``slips.jsonl``, with article, person and link.

A server of ours refuses them as they are submitted. Elsewhere the page takes any two labels and no name, and its author
learns it from this list alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.annotations import MODEL, PROJECTED, RELATION_SLIPS
from labeling.workspace.rows.relation_slip import RelationSlip
from labeling.workspace.task_urls import OWN, list_task_urls

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from labeling.annotations import Annotation, QuarantineRow
    from labeling.articles import Article
    from labeling.workspace.table import Workspace


def is_slip(row: QuarantineRow) -> bool:
    """Whether a person drew a relation on the server that joins what it must not, or has no name."""
    is_ours = row.task is not None and not row.annotator.startswith((MODEL, PROJECTED))
    return is_ours and row.what == "relation" and row.kind in RELATION_SLIPS


def describe_slip(row: QuarantineRow, pages: str) -> str:
    """A sentence for the one who looks after a project; ``pages`` is the address of a task but for its number."""
    return f"{row.annotator} in {row.article}: {row.reason}, {pages}{row.task}{OWN}"


def record_slips(workspace: Workspace) -> int:
    """Write the list as annotations and quarantine are, and return its length; without any slip there is none."""
    found = [row for row in workspace.quarantine.rows_if_written() if is_slip(row)]
    if not found:
        workspace.slips.path.unlink(missing_ok=True)
        return 0
    urls, articles = list_task_urls(workspace), workspace.articles.by("id")
    said = workspace.annotations.grouped_by("article")
    workspace.slips.write(
        RelationSlip(
            reader=row.annotator,
            article=row.article,
            relation=_describe_relation(row, said.get(row.article, ()), articles),
            why=row.reason,
            link=urls.get(row.article, ""),
        )
        for row in found
    )
    return len(found)


def _describe_relation(row: QuarantineRow, said: Sequence[Annotation], articles: Mapping[str, Article]) -> str:
    raw = row.raw if isinstance(row.raw, dict) else {}
    labels = raw.get("labels")
    label = ", ".join(map(str, labels)) if isinstance(labels, list) and labels else "?"
    spans = {
        span.id: span
        for one in said
        if one.annotator == row.annotator and one.server_id == row.server_id
        for span in one.spans
    }

    def words(end: object) -> str:
        span = spans.get(str(end))
        text = articles[row.article].text if row.article in articles else ""
        return repr(text[span.start : span.end]) if span else str(end)

    return f"{label}: {words(raw.get('from_id'))} to {words(raw.get('to_id'))}"
