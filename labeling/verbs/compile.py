"""``labeling compile``: gold and splits into a spaCy and a Hugging Face dataset, proven equal."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from labeling.verbs.options import json_option, show, with_project
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
        MissingInput: An earlier verb did not run, or gold came since the last ``split``.
        Uncertified: ``leakage.json`` is not of the splits as they are.
        NothingToCompile: No article has usable gold and a split.
        DamagedFile: Gold is of a text that is not the article's.
        LeakError: One leak group, or one passage, stands in two splits.
        QuarantineNotAllowed: A kind of defect that the project does not allow.
        LedgerUnbalanced: An account does not add up.
        SpansLost: A target cannot hold everything.
        TargetsDiffer: What was read back from disk is not gold.
        WorkerDied: One of the processes ended before its work was done.
    """
    from labeling.corpora.build.build import WHOLE_GOLD, build_dataset
    from labeling.corpora.manifest import NAME_LENGTH, dataset_digest
    from labeling.corpora.store import open_build_folder, store_folder
    from labeling.splits.certificate import refuse_uncertified

    workspace = project.workspace
    with workspace.opened(), open_build_folder(workspace.corpora) as folder:
        if workspace.splits.exists():
            refuse_uncertified(project)
        manifest = build_dataset(project, folder, subset or WHOLE_GOLD, processes)
        digest = dataset_digest(folder)
        kept = store_folder(folder, workspace.corpora, digest[:NAME_LENGTH])
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


@click.command("compile")
@click.option("--since", default="", metavar="DATE", help="Only articles published on that day or later.")
@click.option("--until", default="", metavar="DATE", help="Only articles published on that day or earlier.")
@click.option("--source", "sources", multiple=True, metavar="NAME", help="Only articles of that source; repeatable.")
@click.option("--label", "labels", multiple=True, metavar="NAME", help="Only spans of that label; repeatable.")
@click.option("--with-unusable", is_flag=True, help="Also articles that an annotator ruled out, if they have a split.")
@click.option(
    "--processes", default=1, show_default=True, type=click.IntRange(min=1), metavar="N", help="How many do the work."
)
@json_option
@with_project
def compile_cli(  # noqa: PLR0913 - one for each option
    project: Project,
    *,
    since: str,
    until: str,
    sources: tuple[str, ...],
    labels: tuple[str, ...],
    with_unusable: bool,
    processes: int,
    as_json: bool,
) -> int:
    r"""Compile gold into datasets for spaCy and Hugging Face.

    Both hold every span, relation and choice of gold, to the character: they are read back from disk and compared
    before anything points to them. The ledger has what became of each. The dataset lies in corpora/<digest>, and
    corpora/latest is moved there when all is done. Of a subset, what is left out is listed with the reason.

    \b
    Example:
      labeling adjudicate && labeling split && labeling compile
      labeling compile --json | jq .ledger.spacy.span
      labeling compile --since 2023-07-01 --until 2023-12-31 --source Reuters --label PERSON --label ROLE
      labeling compile --processes 4
      cat exports/diplomatic/corpora/latest/README.md
    """
    from labeling.corpora.build.subset import Subset

    subset = Subset(since=since, until=until, sources=sources, labels=labels, with_unusable=with_unusable)
    summary = compile_dataset(project, subset, processes)
    show(asdict(summary) if as_json else _format_compile(summary), as_json=as_json)
    return 0


def _format_compile(summary: CompileResult) -> dict[str, object]:
    def said(outcomes: dict[str, int]) -> str:
        return ", ".join(f"{number} {outcome.replace('_', ' ')}" for outcome, number in outcomes.items())

    return {
        "folder": summary.folder,
        "articles": ", ".join(f"{number} {split}" for split, number in summary.articles.items()),
        "left out": summary.left_out,
        "spans": summary.spans,
        "relations": summary.relations,
        "choices": summary.choices,
        **{f"spans to {stage}": said(account["span"]) for stage, account in summary.ledger.items()},
        "proof": "both targets, read back from disk, are gold",
    }
