"""From a workspace to a dataset: what goes into which split, both targets, ledger, proof, card and manifest."""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING

from labeling.corpora.build.card import CardFacts, render_card
from labeling.corpora.build.convert import PlacedArticle, Recipe, convert_piece, cut_into_pieces
from labeling.corpora.build.ledger_entries import HUGGINGFACE, SPACY, LedgerTally, check_first_account
from labeling.corpora.build.selection import GoldSelection, LeftOutArticle
from labeling.corpora.build.subset import Subset, check_subset
from labeling.corpora.build.verify_targets import prove_equality
from labeling.corpora.build.workers import freeze_heap, map_in_order, open_executor
from labeling.corpora.build.write import DatasetWriter
from labeling.corpora.manifest import MANIFEST, Manifest, describe_outputs, list_schema_names, list_versions
from labeling.corpora.targets.huggingface.dataset import make_features
from labeling.errors import LedgerUnbalanced, NothingToCompile
from labeling.tokens import NEWSWIRE
from labeling.workspace.checksums import describe_input
from labeling.workspace.storage import replace_file, write_json, write_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from labeling.corpora.build.convert import ConvertedPiece
    from labeling.ledger import Sums
    from labeling.project import Project
    from labeling.workspace.checksums import InputFile, OutputFile
    from labeling.workspace.rows.assignment import Leakage
    from labeling.workspace.rows.score import Agreement
    from labeling.workspace.table import Workspace

# All of gold.
WHOLE_GOLD = Subset()


def build_dataset(project: Project, folder: Path, subset: Subset = WHOLE_GOLD, processes: int = 1) -> Manifest:
    """Make a dataset in an empty folder, from the files of the project's workspace.

    Args:
        project: Whose gold.
        folder: Where the dataset is to lie.
        subset: Which part of gold.
        processes: How many do the work; the dataset is the same to the byte.

    Raises:
        UsageError: The subset asks for what there cannot be.
        MissingInput: An earlier verb did not run, or gold came since the last ``split``.
        NothingToCompile: No article has usable gold and a split.
        DamagedFile: Gold is of a text that is not the article's, or of no article.
        LeakError: One leak group stands in two splits.
        QuarantineNotAllowed: A kind of defect that the project does not allow.
        LedgerUnbalanced: An account does not add up.
        SpansLost: A target cannot hold everything.
        TargetsDiffer: What was read back from disk is not gold.
        WorkerDied: One of the processes ended before its work was done.
    """
    workspace, language = project.workspace, project.file.project.language
    schema = check_subset(subset, project.schema).part_of(project.schema)
    recipe = Recipe(language, schema, project.file.policies, make_features(schema.label_names).arrow_schema)
    with freeze_heap(), open_executor(processes) as executor:
        checking = executor.submit(check_first_account, workspace, project.file.policies.quarantine_allowed)
        if checking.done():
            checking.result()
        selection, left_out, writer = (
            GoldSelection(workspace, subset),
            list[LeftOutArticle](),
            DatasetWriter(folder, recipe),
        )
        made = map_in_order(
            executor,
            partial(convert_piece, recipe),
            cut_into_pieces(_select_placed(selection, left_out)),
            2 * (processes - 1),
        )
        tally = _write_pieces(folder / "ledger.jsonl", workspace.ledger.path, checking, writer, made)
        splits = writer.close()
        if not any(split.articles for split in splits.values()):
            raise _nothing_error(workspace)
        proof, ledger = prove_equality(folder, writer.prints, selection.wanted, executor), tally.sums()
    _refuse_unaccounted(ledger, left_out)
    inputs = _describe_inputs(workspace)
    agreement, leakage = _read_measurements(workspace, inputs)
    facts = CardFacts(schema, subset, splits, ledger, proof, left_out, agreement, leakage, selection.worth)
    write_text(folder / "README.md", render_card(project.file, facts))
    manifest = _manifest(project, facts, inputs, describe_outputs(folder))
    write_json(folder / MANIFEST, manifest.model_dump(mode="json"))
    return manifest


def _manifest(
    project: Project, facts: CardFacts, inputs: dict[str, InputFile], outputs: dict[str, OutputFile]
) -> Manifest:
    """All that the dataset was made from, how, and what came of it."""
    return Manifest(
        project=project.file.project.name,
        language=project.file.project.language,
        inputs=inputs,
        schema_names=list_schema_names(facts.schema),
        subset=facts.subset,
        policies=project.file.policies,
        tokenizer=NEWSWIRE,
        seeds={"splits": project.file.splits.seed},
        versions=list_versions(),
        splits=dict(facts.splits),
        not_annotated=inputs["articles.jsonl"].rows - inputs["gold.jsonl"].rows,
        left_out=tuple(facts.left_out),
        ledger=facts.ledger,
        proof=facts.proof,
        outputs=outputs,
    )


def _describe_inputs(workspace: Workspace) -> dict[str, InputFile]:
    """The files of the workspace that make a dataset, by name."""
    read = (workspace.articles.path, workspace.annotations.path, workspace.quarantine.path)
    made = (workspace.gold.path, workspace.ledger.path, workspace.splits.path)
    return {path.name: describe_input(path) for path in (*read, *made)}


def _read_measurements(workspace: Workspace, inputs: dict[str, InputFile]) -> tuple[Agreement | None, Leakage | None]:
    """What the card says of agreement and leakage, as far as it was measured; what is read becomes an input.

    Agreement counts only if it was measured on the annotations as they are.
    """
    agreement = workspace.agreement.value_if_written()
    if agreement and agreement.annotations != inputs[workspace.annotations.path.name].sha256:
        agreement = None
    leakage = workspace.leakage.value_if_written()
    used = ((workspace.agreement.path, agreement), (workspace.leakage.path, leakage))
    inputs.update({path.name: describe_input(path) for path, value in used if value})
    return agreement, leakage


def _select_placed(selection: GoldSelection, left_out: list[LeftOutArticle]) -> Iterator[PlacedArticle]:
    """What is selected; the rest is put on the list."""
    for each in selection.articles():
        if isinstance(each, PlacedArticle):
            yield each
        else:
            left_out.append(each)


def _refuse_unaccounted(ledger: Sums, left_out: Sequence[LeftOutArticle]) -> None:
    """All gold is in the second account or in articles that are left out.

    Raises:
        LedgerUnbalanced: It is not; a fault of the program.
    """
    outside = {
        "span": sum(each.spans for each in left_out),
        "relation": sum(each.relations for each in left_out),
        "choice": sum(each.choices for each in left_out),
    }
    for stage in (SPACY, HUGGINGFACE):
        for what, number in outside.items():
            gold, entered = ledger["gold"][what]["gold"], ledger[stage][what]["in"]
            if gold != entered + number:
                raise LedgerUnbalanced(
                    f"{gold} {what}s of gold, but {entered} in the account {stage!r} and {number} left out",
                    todo="this is a fault of the program: keep the workspace and report it",
                    where=stage,
                )


def _write_pieces(
    path: Path, first: Path, checking: Future[LedgerTally], writer: DatasetWriter, made: Iterable[ConvertedPiece]
) -> LedgerTally:
    """Write all pieces; the ledger has both accounts: the first as ``adjudicate`` wrote it, then ours.

    Returns:
        Both accounts, counted.
    """
    tally = LedgerTally()
    try:
        with replace_file(path) as temporary:
            shutil.copyfile(first, temporary)
            with temporary.open("a", encoding="utf-8", newline="\n") as ledger:
                for each in made:
                    writer.add(each)
                    ledger.write(each.lines)
                    tally.add(each.tally)
    finally:
        # Where both have a fault, the first account's is the cause.
        tally.add(checking.result())
    return tally


def _nothing_error(workspace: Workspace) -> NothingToCompile:
    return NothingToCompile(
        "no article has usable gold and a split",
        todo="annotate some, then run `labeling pull`, `labeling adjudicate` and `labeling split`",
        where=str(workspace.gold.path),
    )
