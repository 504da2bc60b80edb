"""What a publication is: which files it has, of which dataset, and whether it may have the articles' words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from labeling.values import Frozen
from labeling.workspace.checksums import OutputFile, describe_output
from labeling.workspace.storage import write_json

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.corpora.manifest import Manifest

PUBLICATION, CARD, CROISSANT, CITATION = "publication.json", "README.md", "croissant.json", "CITATION.cff"
# What people write where they do not know, and what the Hub calls a licence that it is not told.
_UNSTATED = frozenset(
    [
        "unknown",
        "unkown",
        "none",
        "null",
        "no licence",
        "no license",
        "not stated",
        "unstated",
        "unspecified",
        "undecided",
        "other",
        "n/a",
        "na",
        "tbd",
        "todo",
        "xxx",
    ]
)


class Publication(Frozen):
    """``publication.json``: the dataset's digest, how many articles it has, and every other file, by path.

    ``texts`` says whether the articles' words are in it.
    """

    format: Literal[1] = 1
    project: str
    dataset: str
    articles: int
    texts: bool
    files: dict[str, OutputFile]


def is_licence_stated(licence: str) -> bool:
    """Whether a project file says under which licence the articles may be passed on.

    >>> is_licence_stated("CC-BY-4.0"), is_licence_stated(" "), is_licence_stated("unknown")
    (True, False, False)
    """
    said = " ".join(licence.split()).casefold().strip("-.?!()<>[] ")
    return bool(re.search(r"\w", said)) and said not in _UNSTATED


def describe_publication(folder: Path, project: str, manifest: Manifest, dataset: str, *, texts: bool) -> Publication:
    """Write ``publication.json`` of all files that are in the folder."""
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    made = Publication(
        project=project,
        dataset=dataset,
        articles=manifest.proof.articles,
        texts=texts,
        files={name: describe_output(path) for name, path in files.items()},
    )
    write_json(folder / PUBLICATION, made.model_dump(mode="json"))
    return made
