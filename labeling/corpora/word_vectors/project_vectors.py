"""The word vectors of a project: a table that is named, cut to what the project's articles need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.corpora.word_vectors.article_words import list_words
from labeling.corpora.word_vectors.vector_sources import open_vectors
from labeling.corpora.word_vectors.word_vectors import cut_vectors
from labeling.tokens import make_tokenizer

if TYPE_CHECKING:
    from labeling.corpora.word_vectors.word_vectors import WordVectors
    from labeling.project import Project


def read_vectors(project: Project, name: str) -> WordVectors:
    """The vectors of that name, cut to the most frequent words and those of the project's articles.

    The same articles, in any order, give the same vectors; where there are none yet, the most frequent words alone.

    Raises:
        VectorsUnusable: There are none by that name, or they cannot be used; the message says why.
        ProjectFileError: spaCy has no rule-based tokenizer for the project's language.
        DamagedFile: A line of ``articles.jsonl`` is not an article.
    """
    table = open_vectors(name, project.path.parent)
    texts = (article.text for article in project.workspace.articles.rows_if_written())
    return cut_vectors(table, list_words(texts, make_tokenizer(project.file.project.language)))
