"""From a workspace to a dataset: select, convert, write, prove; then ledger, card and manifest."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from labeling.corpora.build.card import CardFacts
from labeling.corpora.build.convert import PlacedArticle, convert_piece, cut_into_pieces
from labeling.corpora.build.finish import finish_dataset
from labeling.corpora.build.ledger_entries import LedgerTally, check_first_account
from labeling.corpora.build.selection import GoldSelection, LeftOutArticle, has_unasked
from labeling.corpora.build.subset import Subset, check_subset
from labeling.corpora.build.verify_targets import prove_equality
from labeling.corpora.build.workers import freeze_heap, map_in_order, open_executor
from labeling.corpora.build.write import DatasetWriter
from labeling.corpora.manifest import MANIFEST, Manifest
from labeling.corpora.targets.available import find_targets
from labeling.corpora.targets.spacy.spacy_target import SPACY
from labeling.corpora.targets.target import Recipe
from labeling.corpora.word_vectors.project_vectors import read_vectors
from labeling.errors import LabelingError, LedgerUnbalanced, NothingToCompile
from labeling.project import AUTO
from labeling.tokens import NEWSWIRE
from labeling.workspace.checksums import describe_input
from labeling.workspace.custody_record import CustodyRecord
from labeling.workspace.custody_rules import list_checked_files
from labeling.workspace.pseudonyms import Pseudonyms, open_pseudonyms
from labeling.workspace.storage import read_value, replace_file, write_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from labeling.corpora.build.convert import ConvertedPiece
    from labeling.corpora.targets.target import Target
    from labeling.corpora.word_vectors.word_vectors import WordVectors
    from labeling.ledger import Sums
    from labeling.project import Project
    from labeling.workspace.checksums import InputFile
    from labeling.workspace.rows.agreements import Agreement
    from labeling.workspace.rows.assignment import Leakage
    from labeling.workspace.rows.reliance_row import Reliance
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
        ProjectFileError: ``[compile] targets`` names a target that there is not.
        VectorsUnusable: ``[train] vectors`` names some that are not there, or are damaged.
        MissingInput: An earlier verb did not run, or gold came since the last ``split``.
        NothingToCompile: No article has usable gold and a split.
        DamagedFile: Gold is of a text that is not the article's, or of no article.
        LeakError: One leak group is in two splits.
        QuarantineNotAllowed: A kind of defect that the project does not allow.
        LedgerUnbalanced: An account does not add up.
        SpansLost: A target cannot hold everything.
        TargetsDiffer: What was read back from disk is not gold.
        WorkerDied: One of the processes ended before its work was done.
    """
    workspace, file = project.workspace, project.file
    schema = check_subset(subset, project.schema).restrict_schema(project.schema)
    targets = find_targets(file.compile.targets, str(project.path))
    tokenizer = file.compile.tokenizer or _last_tokenizer(workspace)
    recipe = Recipe(file.project.language, schema, file.policies, targets, has_unasked(workspace, subset), tokenizer)
    left_out: list[LeftOutArticle] = []
    # One stream from the workspace to the disk: select, cut into pieces, convert, write. Nothing of it is held.
    with freeze_heap(), open_executor(processes) as executor:
        checking = executor.submit(check_first_account, workspace, file.policies.quarantine_allowed)
        if checking.done():
            # It was done in this process: with an account that is wrong there is nothing to go on with.
            checking.result()
        selection = GoldSelection(workspace, subset)
        vectors = _read_named_vectors(project, targets)
        writer = DatasetWriter(folder, replace(recipe, vectors=vectors))
        converted = map_in_order(
            executor,
            partial(convert_piece, recipe),
            cut_into_pieces(_select_placed(selection, left_out)),
            2 * (processes - 1),
        )
        names = open_pseudonyms(workspace, file.emails) if file.hides_names else None
        tally = _write_pieces(
            folder / "ledger.jsonl", partial(_write_first_account, workspace, names), checking, writer, converted
        )
        splits = writer.close()
        if not any(split.articles for split in splits.values()):
            raise _nothing_error(workspace)
        proof = prove_equality(folder, recipe, writer, splits, lambda: _select_placed(selection, []), executor)
    # Nothing is written to the dataset from here on but what describes it.
    ledger = tally.sums({target.name: target.outcomes for target in recipe.targets})
    _refuse_unaccounted(ledger, left_out)
    inputs = _describe_inputs(workspace)
    agreement, leakage = _read_measurements(workspace, inputs)
    reliance = _read_reliance(workspace, inputs) if file.learning else None
    facts = CardFacts(
        schema,
        recipe.targets,
        subset,
        splits,
        ledger,
        proof,
        left_out,
        agreement,
        leakage,
        selection.worth,
        {
            name: tuple(names.hide(why) if names else why for why in reasons)
            for name, reasons in CustodyRecord(workspace).list_signed(list_checked_files()).items()
        },
        vectors,
        reliance,
    )
    not_annotated = inputs[workspace.articles.path.name].rows - inputs[workspace.gold.path.name].rows
    return finish_dataset(folder, file, facts, tokenizer, inputs, not_annotated)


def _last_tokenizer(workspace: Workspace) -> str:
    """The rules for tokens of the workspace's last dataset, so that the next one is comparable; else the newest."""
    try:
        return read_value(workspace.latest / MANIFEST, Manifest).tokenizer
    except LabelingError:
        # There is none, or it is damaged and about to be replaced.
        return NEWSWIRE


def _read_named_vectors(project: Project, targets: Sequence[Target]) -> WordVectors | None:
    """The word vectors that the project file names, for spaCy's files; those of `auto` go into models, not datasets."""
    name = project.file.train.vectors
    return read_vectors(project, name) if SPACY in targets and name not in {AUTO, ""} else None


def _describe_inputs(workspace: Workspace) -> dict[str, InputFile]:
    """The files of the workspace that make a dataset, by name."""
    read = [workspace.articles.path, workspace.annotations.path, workspace.quarantine.path]
    if workspace.decisions.exists():
        read.append(workspace.decisions.path)
    made = (workspace.gold.path, workspace.ledger.path, workspace.splits.path)
    return {path.name: describe_input(path) for path in (*read, *made)}


def _read_measurements(workspace: Workspace, inputs: dict[str, InputFile]) -> tuple[Agreement | None, Leakage | None]:
    """Agreement and leakage for the card, as far as they were measured; what is read becomes an input.

    Agreement counts only if it was measured on the words as they are; that after settling, on those of today.
    """
    agreement = workspace.agreement.value_if_written()
    if agreement and agreement.annotations != describe_input(workspace.measured.path).sha256:
        agreement = None
    if agreement and agreement.settled_on != describe_input(workspace.annotations.path).sha256:
        agreement = agreement.model_copy(update={"settled": ()})
    leakage = workspace.leakage.value_if_written()
    used = ((workspace.agreement.path, agreement), (workspace.leakage.path, leakage))
    inputs.update({path.name: describe_input(path) for path, value in used if value})
    return agreement, leakage


def _read_reliance(workspace: Workspace, inputs: dict[str, InputFile]) -> Reliance | None:
    """What suggestions do to readers, as `split` measured it beside the splits; what is read becomes an input."""
    reliance = workspace.reliance.value_if_written()
    if reliance:
        inputs[workspace.reliance.path.name] = describe_input(workspace.reliance.path)
    return reliance


def _select_placed(selection: GoldSelection, left_out: list[LeftOutArticle]) -> Iterator[PlacedArticle]:
    """What is selected; the rest is put on the list."""
    for each in selection.articles():
        if isinstance(each, PlacedArticle):
            yield each
        else:
            left_out.append(each)


def _refuse_unaccounted(ledger: Sums, left_out: Sequence[LeftOutArticle]) -> None:
    """Check that all gold is in the account of every target, or in articles that are left out.

    With 7 spans of gold, 2 of them in an article without a split, 5 must have entered each target's account.

    Raises:
        LedgerUnbalanced: It is not; a fault of the program.
    """
    outside = {
        "span": sum(each.spans for each in left_out),
        "relation": sum(each.relations for each in left_out),
        "choice": sum(each.choices for each in left_out),
    }
    for stage in ledger.keys() - {"gold"}:
        for what, number in outside.items():
            gold, entered = ledger["gold"][what]["gold"], ledger[stage][what]["in"]
            if gold != entered + number:
                raise LedgerUnbalanced(
                    f"{gold} {what}s of gold, but {entered} in the account {stage!r} and {number} left out",
                    todo="this is a fault of the program: keep the workspace and report it",
                    where=stage,
                )


def _write_first_account(workspace: Workspace, names: Pseudonyms | None, path: Path) -> None:
    """Write the first account; with ``names`` its people are called by their pseudonyms."""
    if names is None:
        # As it is, byte for byte; it is read and checked elsewhere.
        shutil.copyfile(workspace.ledger.path, path)
        return
    hidden = (
        row.model_copy(update={"annotator": names.name(row.annotator), "reason": names.hide(row.reason)})
        for row in workspace.ledger.rows()
    )
    write_rows(path, hidden)


def _write_pieces(
    path: Path,
    write_first: Callable[[Path], object],
    checking: Future[LedgerTally],
    writer: DatasetWriter,
    converted: Iterable[ConvertedPiece],
) -> LedgerTally:
    """Write all pieces; the ledger has both accounts: the first, which is written by ``write_first``, then ours.

    Returns:
        Both accounts, counted.
    """
    tally = LedgerTally()
    try:
        with replace_file(path) as temporary:
            write_first(temporary)
            with temporary.open("a", encoding="utf-8", newline="\n") as ledger:
                for each in converted:
                    writer.add(each)
                    ledger.write(each.lines)
                    tally.add(each.tally)
    except Exception:
        # Where both have a fault, the first account's is the cause. Ctrl-C waits for nothing.
        checking.result()
        raise
    tally.add(checking.result())
    return tally


def _nothing_error(workspace: Workspace) -> NothingToCompile:
    return NothingToCompile(
        "no article has usable gold and a split",
        todo="annotate some, then run `labeling pull`, `labeling adjudicate` and `labeling split`",
        where=str(workspace.gold.path),
    )
