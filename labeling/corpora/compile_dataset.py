"""Compile: the workspace's gold into a dataset that is proven, named by its digest, and only then the latest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labeling.corpora.manifest import NAME_LENGTH, dataset_digest
from labeling.corpora.store import open_build_folder, store_folder
from labeling.workspace.custody import keep_custody
from labeling.workspace.custody_rules import LATEST_MANIFEST
from labeling.workspace.rows.assignment import SPLITS

if TYPE_CHECKING:
    from labeling.corpora.build.subset import Subset
    from labeling.ledger import Sums
    from labeling.project import Project


@dataclass(frozen=True)
class CompileResult:
    """A dataset that was made: its digest, where it lies, and what it holds.

    ``articles`` counts them by split; ``ledger`` is stage, what, outcome, number, as in the manifest.
    """

    digest: str
    folder: str
    articles: dict[str, int]
    spans: int
    relations: int
    choices: int
    left_out: int
    ledger: Sums


def compile_dataset(project: Project, subset: Subset | None = None, processes: int = 1) -> CompileResult:
    """Compile the workspace's gold into ``corpora/<digest>/`` and move ``corpora/latest`` there, last.

    Compiled twice from the same files, the dataset is the same to the byte, and lies in the same folder.

    Args:
        project: Whose gold.
        subset: Which part of it; all of it when None.
        processes: How many do the work; the dataset is the same to the byte.

    Raises:
        UsageError: The subset asks for what there cannot be.
        ProjectFileError: ``[compile] targets`` names a target that there is not.
        VectorsUnusable: ``[train] vectors`` names some that are not there, or are damaged.
        MissingInput: An earlier verb did not run, or gold came since the last ``split``.
        Altered: A file that it reads is not as it was left.
        Stale: Gold, ledger or splits were made from other files than there are now.
        Uncertified: ``leakage.json`` is not of the splits as they are.
        NothingToCompile: No article has usable gold and a split.
        DamagedFile: Gold is of a text that is not the article's.
        LeakError: One leak group, or one passage, is in two splits.
        QuarantineNotAllowed: A kind of defect that the project does not allow.
        LedgerUnbalanced: An account does not add up.
        SpansLost: A target cannot hold everything.
        TargetsDiffer: What was read back from disk is not gold.
        WorkerDied: One of the processes ended before its work was done.
    """
    # `labeling --help` loads this module, and must not wait for what they load.
    from labeling.corpora.build.build import WHOLE_GOLD, build_dataset
    from labeling.splits.certificate import refuse_uncertified

    workspace = project.workspace
    # Under the lock of the workspace: what is read must not change between the first file and the last.
    reads = (
        workspace.articles,
        workspace.annotations,
        workspace.quarantine,
        workspace.asked,
        workspace.imported,
        workspace.gold,
        workspace.ledger,
        workspace.splits,
        workspace.leakage,
        *((workspace.reliance,) if project.file.learning else ()),
    )
    with (
        workspace.opened(),
        keep_custody(workspace, "compile", reads=reads, writes=(LATEST_MANIFEST,), always_hash=True) as notes,
        open_build_folder(workspace.corpora) as folder,
    ):
        if workspace.splits.exists():
            refuse_uncertified(project)
        manifest = build_dataset(project, folder, subset or WHOLE_GOLD, processes)
        # Proven and complete, and only now it gets its name.
        digest = dataset_digest(folder)
        kept = store_folder(folder, workspace.corpora, digest[:NAME_LENGTH])
        notes.options["subset"] = (subset or WHOLE_GOLD).model_dump(mode="json")
    return CompileResult(
        digest=digest,
        folder=str(kept),
        articles={split: manifest.splits[split].articles for split in SPLITS},
        spans=manifest.proof.spans,
        relations=manifest.proof.relations,
        choices=manifest.proof.choices,
        left_out=len(manifest.left_out),
        ledger=manifest.ledger,
    )
