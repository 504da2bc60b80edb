"""Front door of this room: ``articles.jsonl`` -> ``passages.jsonl`` and ``clusters.jsonl``."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.errors import DamagedFile
from labeling.workspace.custody import keep_custody

if TYPE_CHECKING:
    from labeling.passages.find import CorpusSize, FoundPassages
    from labeling.project import PassageRules, Project
    from labeling.workspace.table import Workspace


@dataclass(frozen=True)
class ClusterResult:
    """How many articles and passages there are, and what follows: ``largest_group`` counts articles."""

    articles: int
    reprint_passages: int
    boilerplate_passages: int
    stories: int
    leak_groups: int
    largest_group: int


def cluster(project: Project) -> ClusterResult:
    """Find the passages that articles share, and their stories and leak groups.

    Raises:
        MissingInput: Nothing was ingested.
        Altered: ``articles.jsonl`` is not as it was left.
        DamagedFile: A line of ``articles.jsonl`` is not an article, or two articles have one id.
        PassagesTooLarge: More memory would be needed than the project allows.
        RayUnavailable: The project file names a Ray cluster that cannot be used.
    """
    workspace = project.workspace
    written = (workspace.passages, workspace.clusters)
    with (
        workspace.opened(),
        keep_custody(workspace, "cluster", reads=(workspace.articles,), writes=written) as notes,
    ):
        notes.options["words"] = project.file.passages.words
        found = _find_shared(workspace, project.file.passages)
        workspace.passages.write(found.passages)
        workspace.clusters.write(found.clusters)
    return _count_found(found)


def _find_shared(workspace: Workspace, rules: PassageRules) -> FoundPassages:
    from labeling.passages.find import FoundPassages, find_passages, read_articles_frame
    from labeling.workspace.flow.runner import choose_runner

    size = _measure_articles(workspace)
    if not size.articles:
        return FoundPassages((), ())
    # The runner must be chosen before Daft makes its first frame.
    choose_runner(rules.ray)
    return find_passages(read_articles_frame(workspace.articles.path), size, rules)


def _measure_articles(workspace: Workspace) -> CorpusSize:
    """How much there is to read. Daft checks neither rows nor ids, so every line is checked on the way."""
    from labeling.passages.find import CorpusSize

    seen = set[str]()
    characters = 0
    for article in workspace.articles.rows():
        if article.id in seen:
            raise DamagedFile(
                f"{workspace.articles.path}: two articles have the id {article.id!r}",
                todo="take one of them out, or restore the file",
                where=article.id,
            )
        seen.add(article.id)
        characters += len(article.text)
    return CorpusSize(len(seen), characters)


def _count_found(found: FoundPassages) -> ClusterResult:
    kinds = Counter(passage.kind for passage in found.passages)
    groups = Counter(row.leak_group for row in found.clusters)
    return ClusterResult(
        articles=len(found.clusters),
        reprint_passages=kinds["reprint"],
        boilerplate_passages=kinds["boilerplate"],
        stories=len({row.story for row in found.clusters}),
        leak_groups=len(groups),
        largest_group=max(groups.values(), default=0),
    )
