"""Word vectors as spaCy has them: a folder for ``[initialize] vectors``, and the places that a config has for them."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from labeling.corpora.word_vectors.word_vectors import WordVectors

# Of spaCy's layers that embed words: null leaves open whether they take vectors, false refuses them.
_PLACES = ("pretrained_vectors", "include_static_vectors")


def write_vectors(vectors: WordVectors, folder: Path, language: str) -> None:
    """Write vectors as an empty pipeline that has them, which is what ``spacy init vectors`` writes.

    A word that the table has in small letters only is found with capitals, too. (spaCy has a setting for that, and does
    not keep it when it saves a model.) The same vectors, language and version of spaCy give the same bytes.
    """
    import spacy
    from spacy.strings import StringStore
    from spacy.vectors import Vectors  # type: ignore[import-not-found]  # compiled

    forms = _list_other_forms(vectors)
    nlp = spacy.blank(language)
    nlp.vocab.vectors = Vectors(
        strings=StringStore([*vectors.words, *forms]), data=vectors.rows, keys=vectors.words, name=vectors.name
    )
    for form, row in forms.items():
        nlp.vocab.vectors.add(form, row=row)
    nlp.to_disk(folder)


def list_open_places(components: Mapping[str, Any]) -> list[str]:
    """Where the components of a training config leave open whether they take vectors.

    ``{"ner": {"model": {"tok2vec": {"pretrained_vectors": None}}}}`` has ``ner.model.tok2vec.pretrained_vectors``.
    """
    return [place for place, value in _walk(components) if value is None]


def fill_open_places(components: dict[str, Any]) -> bool:
    """Let the components take vectors wherever that is left open; return whether any takes some."""
    for place in list_open_places(components):
        *above, last = place.split(".")
        reduce(dict[str, Any].__getitem__, above, components)[last] = True
    return takes_vectors(components)


def takes_vectors(components: Mapping[str, Any]) -> bool:
    """Whether a component of a training config asks for vectors."""
    return any(value is True for _, value in _walk(components))


def _walk(section: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in section.items():
        if name in _PLACES:
            yield name, value
        elif isinstance(value, dict):
            yield from ((f"{name}.{place}", found) for place, found in _walk(value))


def _list_other_forms(vectors: WordVectors) -> dict[str, int]:
    """``Anglo-dutch``, ``Anglo-Dutch`` and ``ANGLO-DUTCH`` with the row of ``anglo-dutch``, if the table lacks them."""
    words = set(vectors.words)
    return {
        form: row
        for row, word in enumerate(vectors.words)
        for form in (word.capitalize(), word.title(), word.upper())
        if form not in words and form.lower() == word
    }
