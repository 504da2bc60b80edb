"""The leakage certificate as a file: no dataset without one, of the files as they are, with no passage in two splits.

``leakage`` measures what the splits share; here it is read from the workspace, refused where it finds a leak, written
to ``leakage.json``, and asked for again by ``compile``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.annotations import surface_of
from labeling.errors import LeakError, Uncertified
from labeling.splits.leakage import SplitArticle, certify_splits
from labeling.workspace.checksums import describe_input

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from labeling.annotations import Gold, Surface
    from labeling.project import Project
    from labeling.workspace.rows.assignment import Leakage, SplitAssignment
    from labeling.workspace.table import Workspace


def certify(project: Project, rows: Iterable[SplitAssignment], gold: Mapping[str, Gold]) -> Leakage:
    """Measure what these splits share, boilerplate apart.

    Args:
        project: Whose articles and passages.
        rows: The assignments; they need not be written yet.
        gold: Gold by article, for the surfaces.

    Raises:
        LeakError: Two splits share a passage.
    """
    workspace = project.workspace
    splits = {row.article: row.split for row in rows if row.split}
    # Every run is compared with every other, so the texts of all articles that have a split are held in memory.
    placed = [
        SplitArticle(article.id, article.text, splits[article.id], _gold_surfaces(article.text, gold.get(article.id)))
        for article in workspace.articles.rows()
        if article.id in splits
    ]
    boilerplate = [each for each in workspace.passages.rows_if_written() if each.kind == "boilerplate"]
    leakage = certify_splits(placed, boilerplate, project.file.passages.words, project.file.splits.seed)
    refuse_leak(leakage)
    return leakage


def write_certificate(workspace: Workspace, leakage: Leakage) -> None:
    """Write what was measured to ``leakage.json``, with the digests of the files as they are now."""
    workspace.leakage.write(leakage.model_copy(update={"measured_on": digest_certificate_inputs(workspace)}))


def digest_certificate_inputs(workspace: Workspace) -> dict[str, str]:
    """What a certificate depends on that can change: the SHA-256 of each file; articles never change their text."""
    return {path.name: describe_input(path).sha256 for path in (workspace.splits.path, workspace.passages.path)}


def refuse_uncertified(project: Project) -> None:
    """Refuse splits of which nobody has proven that they share nothing.

    Raises:
        MissingInput: The certificate is missing.
        Uncertified: It is of other splits, other boilerplate, or another length of a passage.
        LeakError: Two splits share a passage.
    """
    workspace, words = project.workspace, project.file.passages.words
    leakage = workspace.leakage.value()
    # A certificate of other files proves nothing about these.
    now = digest_certificate_inputs(workspace)
    changed = [name for name, digest in now.items() if leakage.measured_on.get(name) != digest]
    if leakage.words != words:
        changed.append(f"the least words of a passage (now {words})")
    if changed:
        raise Uncertified(
            f"{workspace.leakage.path} was measured before a change of {' and of '.join(changed)}",
            todo="run `labeling split` again, which measures what the splits share",
            where=str(workspace.leakage.path),
        )
    refuse_leak(leakage)


def refuse_leak(leakage: Leakage) -> None:
    """Refuse splits that share a passage.

    Raises:
        LeakError: They do; the message names the worst pair of articles.
    """
    if not leakage.shared_passages_across_splits:
        return
    # Ids and counts only: texts of articles never appear in a message.
    worst = leakage.splits.worst[0]
    raise LeakError(
        f"{leakage.shared_passages_across_splits} passages are in two splits; the longest has {worst.words} words, "
        f"in {worst.one!r} ({worst.one_split}) and {worst.other!r} ({worst.other_split})",
        todo="run `labeling cluster`, then `labeling split`; if splits.jsonl has lines of such articles, take "
        "these out first, and sign it with `labeling status --adopt splits.jsonl --why TEXT`: they are placed anew",
        where=worst.other,
    )


def _gold_surfaces(text: str, gold: Gold | None) -> frozenset[Surface]:
    """The surfaces of an article's gold; an article that was placed once may have lost its gold since."""
    spans = gold.spans if gold else ()
    return frozenset(surface_of(span.label, text[span.start : span.end]) for span in spans)
