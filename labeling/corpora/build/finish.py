"""The end of every dataset, compiled or joined: its card, then its manifest, which describes all other files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.corpora.build.card import render_card
from labeling.corpora.manifest import (
    MANIFEST,
    Manifest,
    describe_outputs,
    describe_vectors,
    list_schema_names,
    list_versions,
)
from labeling.workspace.storage import write_json, write_text

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.corpora.build.card import CardFacts
    from labeling.project import ProjectFile
    from labeling.workspace.checksums import InputFile


def finish_dataset(
    folder: Path,
    file: ProjectFile,
    facts: CardFacts,
    tokenizer: str,
    inputs: dict[str, InputFile],
    not_annotated: int = 0,
) -> Manifest:
    """Write card and manifest of a dataset whose targets are written and proven.

    Args:
        folder: The dataset's.
        file: The project file it was made by.
        facts: What it holds.
        tokenizer: The name of the rules for its tokens.
        inputs: The files it was made from, by name.
        not_annotated: How many articles of the workspace have no gold.
    """
    # The card first: the manifest has its digest.
    write_text(folder / "README.md", render_card(file, facts))
    manifest = Manifest(
        project=file.project.name,
        language=file.project.language,
        inputs=inputs,
        schema_names=list_schema_names(facts.schema),
        subset=facts.subset,
        policies=file.policies,
        tokenizer=tokenizer,
        seeds={"splits": file.splits.seed},
        versions=list_versions(facts.targets),
        splits=dict(facts.splits),
        not_annotated=not_annotated,
        left_out=tuple(facts.left_out),
        ledger=facts.ledger,
        proof=facts.proof,
        vectors=describe_vectors(facts.vectors) if facts.vectors else None,
        outputs=describe_outputs(folder),
    )
    write_json(folder / MANIFEST, manifest.model_dump(mode="json"))
    return manifest
