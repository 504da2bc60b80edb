"""A subsample: a dataset with fewer articles to train on, for a learning curve; of spaCy's files alone."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from labeling.corpora.manifest import MANIFEST

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


def write_subsample(corpus: Path, folder: Path, wanted: Collection[str]) -> int:
    """Write a dataset whose train split has the ``wanted`` articles only.

    Args:
        corpus: The folder of a compiled dataset.
        folder: A new folder, which must bear the dataset's name: models are named after it.
        wanted: Articles by id; those that are not in the train split are passed over.

    Returns:
        How many articles it has to train on.
    """
    from spacy.tokens import DocBin
    from spacy.vocab import Vocab

    number = 0
    # The manifest is the whole dataset's: a score of the subsample names the dataset that it was drawn from.
    folder.mkdir(parents=True)
    shutil.copyfile(corpus / MANIFEST, folder / MANIFEST)
    for kept in ("dev", "test"):
        if (corpus / "spacy" / kept).exists():
            shutil.copytree(corpus / "spacy" / kept, folder / "spacy" / kept)
    # Shard by shard: the whole is never in memory.
    for shard in sorted((corpus / "spacy" / "train").rglob("*.spacy")):
        whole = DocBin().from_disk(shard)
        docs = [doc for doc in whole.get_docs(Vocab()) if doc.user_data["article"] in wanted]
        if docs:
            path = folder / shard.relative_to(corpus)
            path.parent.mkdir(parents=True, exist_ok=True)
            DocBin(attrs=whole.attrs, store_user_data=True, docs=docs).to_disk(path)
        number += len(docs)
    return number
