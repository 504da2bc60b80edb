"""``labeling audit``: one passage labelled differently in two articles -> ``audit.json``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from labeling.reprints.audit import audit
from labeling.verbs.options import json_option, show, tell, tell_first, with_project

if TYPE_CHECKING:
    from labeling.project import Project
    from labeling.workspace.rows.reprint import Audit, Difference, Side


@dataclass(frozen=True)
class _AuditTotals:
    """Pairs of annotated articles that share words; spans in these that are alike, and differences.

    ``share`` is those alike among all, by label in ``labels``; None where nothing could be compared.
    """

    pairs: int
    alike: int
    different: int
    share: float | None
    labels: dict[str, float | None]


@click.command("audit")
@json_option
@with_project
def audit_cli(project: Project, *, as_json: bool) -> int:
    r"""Find passages that are labelled differently in two articles.

    The words are the same, so one of the two is an error, or the guidelines have a gap. It takes no second annotator.
    All differences are in audit.json with both texts and a link to each task in Label Studio; the share of spans
    judged alike is given by label.

    \b
    Example:
      labeling adjudicate && labeling audit
      labeling audit --json | jq .labels.ROLE
    """
    found = audit(project)
    summary = asdict(_total_audit(found))
    if not as_json:
        tell_first([*map(_describe_difference, found.differences)], f"all in {project.workspace.audit.path}")
        shares = {label: _format_share(share) for label, share in summary.pop("labels").items()}
        summary |= {"share": _format_share(found.share), **shares}
    show(summary, as_json=as_json, literal=found.labels)
    tell(f"Written to {project.workspace.audit.path}", err=True)
    return 0


def _total_audit(found: Audit) -> _AuditTotals:
    return _AuditTotals(
        pairs=found.pairs,
        alike=found.alike,
        different=len(found.differences),
        share=found.share,
        labels={label: each.share for label, each in found.labels.items()},
    )


def _describe_difference(difference: Difference) -> str:
    return f"{difference.kind}: {_describe_side(difference.left)} | {_describe_side(difference.right)}"


def _describe_side(side: Side) -> str:
    described = f"{side.article} {side.label or 'nothing'} on {side.text!r}"
    return f"{described} {side.link}" if side.link else described


def _format_share(share: float | None) -> str:
    return "nothing to compare" if share is None else f"{100 * share:.1f} % alike"
