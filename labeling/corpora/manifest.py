"""The manifest: everything that it takes to make a dataset again, and to find out whether one is what it was.

It has no times and no paths: compiled again on another day, in another folder, from the same files, it is the same to
the byte. Its SHA-256 is the dataset's digest, which names the folder and is recorded in every score.
"""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from labeling import __version__
from labeling.corpora.build.counts import SplitCounts
from labeling.corpora.build.selection import LeftOutArticle
from labeling.corpora.build.subset import Subset
from labeling.corpora.build.verify_targets import Proof
from labeling.errors import CorpusChanged
from labeling.ledger import Sums
from labeling.project import Policies
from labeling.values import Frozen, canonical_json, digest_of
from labeling.workspace.checksums import InputFile, OutputFile, describe_output
from labeling.workspace.storage import file_digest, read_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from labeling.corpora.targets.target import Target
    from labeling.corpora.word_vectors.word_vectors import WordVectors
    from labeling.schema import Schema

MANIFEST = "manifest.json"
# The folder's name: so much of the digest that two datasets of a project never share it.
NAME_LENGTH = 16


class SchemaNames(Frozen):
    """The names of the schema, and the SHA-256 of all of it, definitions and colours too.

    ``symmetric`` are the relations without a direction, ``exclusive`` the choices that take one option.
    """

    sha256: str
    labels: tuple[str, ...]
    relations: tuple[str, ...]
    choices: dict[str, tuple[str, ...]]
    symmetric: tuple[str, ...] = ()
    exclusive: tuple[str, ...] = ()


class VectorsNote(Frozen):
    """The word vectors in a dataset: their name, how many words, how wide, and the SHA-256 of all of it."""

    name: str
    words: int
    width: int
    sha256: str


def _has_none(note: VectorsNote | None) -> bool:
    return note is None


class Manifest(Frozen):
    """What a dataset was made from, how, and what it holds. ``seeds`` are those of the project file, by section."""

    format: Literal[1] = 1
    project: str
    language: str
    inputs: dict[str, InputFile]
    schema_names: SchemaNames
    subset: Subset = Subset()
    policies: Policies
    tokenizer: str
    seeds: dict[str, str]
    versions: dict[str, str]
    splits: dict[str, SplitCounts]
    not_annotated: int
    left_out: tuple[LeftOutArticle, ...]
    ledger: Sums
    proof: Proof
    # Left out where there are none: a dataset is the same file that it was before there was this key.
    vectors: VectorsNote | None = Field(default=None, exclude_if=_has_none)
    outputs: dict[str, OutputFile]


def list_schema_names(schema: Schema) -> SchemaNames:
    """What the manifest records of a schema."""
    return SchemaNames(
        sha256=digest_of(canonical_json(schema.model_dump(mode="json"))),
        labels=schema.label_names,
        relations=tuple(each.name for each in schema.relations),
        choices={each.name: tuple(option.name for option in each.options) for each in schema.choices},
        symmetric=tuple(each.name for each in schema.relations if each.symmetric),
        exclusive=tuple(each.name for each in schema.choices if not each.multiple),
    )


def describe_vectors(vectors: WordVectors) -> VectorsNote:
    """What the manifest records of word vectors."""
    return VectorsNote(name=vectors.name, words=len(vectors.words), width=vectors.width, sha256=vectors.digest)


def list_versions(targets: Iterable[Target]) -> dict[str, str]:
    """The versions that shape the bytes of a dataset with these targets."""
    # In a dataset of other targets other packages have a say.
    packages = [package for target in targets for package in target.packages]
    return {
        "labeling": __version__,
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }


def describe_outputs(folder: Path) -> dict[str, OutputFile]:
    """Every file of a dataset but its manifest and what was trained in it, by path under the folder."""
    return {name: describe_output(folder / name) for name in _output_names(folder)}


def dataset_digest(folder: Path) -> str:
    """The digest of a dataset: the SHA-256 of its manifest, in hex."""
    return file_digest(folder / MANIFEST)


def verify_dataset(folder: Path) -> Manifest:
    """Compare a dataset with its manifest, and the manifest with the name of the folder.

    Raises:
        MissingInput: The folder has no manifest.
        DamagedFile: The manifest is not of our form.
        CorpusChanged: Files are missing, additional or changed; the message names each.
    """
    manifest = read_value(folder / MANIFEST, Manifest)
    found = set(_output_names(folder))
    # Three ways to differ, each named: a file less, a file more, a file with other bytes.
    faults = [
        *(f"{name} is missing" for name in sorted(set(manifest.outputs) - found)),
        *(f"{name} is not in the manifest" for name in sorted(found - set(manifest.outputs))),
        *(
            f"{name} has changed"
            for name in sorted(found & set(manifest.outputs))
            if describe_output(folder / name) != manifest.outputs[name]
        ),
    ]
    faults += _name_faults(folder)
    if faults:
        raise CorpusChanged(
            f"{folder} is not the dataset its manifest describes: {'; '.join(faults)}",
            todo="compile it again from the same workspace, or fetch it again from where it came",
            where=str(folder),
        )
    return manifest


def _name_faults(folder: Path) -> list[str]:
    """A fault when the folder bears a digest for a name, and it is not the manifest's."""
    # Through a link: `latest` is named by what it points to.
    name, digest = folder.resolve().name, dataset_digest(folder)
    if len(name) != NAME_LENGTH or set(name) - set("0123456789abcdef") or digest.startswith(name):
        return []
    return [f"{MANIFEST} has changed: its digest is {digest[:NAME_LENGTH]}, the folder is {name}"]


def _output_names(folder: Path) -> Iterator[str]:
    # Every verb that reads a manifest loads this module; few of them need the targets.
    from labeling.corpora.targets.available import TARGETS

    trained = tuple(f"{target.name}/{name}" for target in TARGETS for name in target.trained)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name != MANIFEST and not name.startswith(trained):
            yield name
