"""The types of a CAS that are read and written: DKPro's named entities, layers that people made, what is about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from labeling.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

_DKPRO = "de.tudarmstadt.ukp.dkpro.core.api."

NAMED_ENTITY: Final = f"{_DKPRO}ner.type.NamedEntity"
DOCUMENT_METADATA: Final = f"{_DKPRO}metadata.type.DocumentMetaData"
# Layers that people make in INCEpTION and WebAnno are called so; ours for relations and choices are two of them.
CUSTOM_LAYERS: Final = "webanno.custom."
RELATION_LAYER: Final = f"{CUSTOM_LAYERS}Relation"
CHOICE_LAYER: Final = f"{CUSTOM_LAYERS}Choice"
GOVERNOR, DEPENDENT = "Governor", "Dependent"
CHOICE_NAME, OPTION_NAME = "choice", "option"
STRING: Final = "uima.cas.String"
TYPE_SYSTEM: Final = "TypeSystem.xml"

# Where words and sentences are, what grammar says of them, and what a tool keeps for itself: not what people marked.
_NOT_ASKED = (
    *(f"{_DKPRO}{part}." for part in ("segmentation", "lexmorph", "syntax", "metadata")),
    *("de.tudarmstadt.ukp.clarin.webanno.api.type.", "de.tudarmstadt.ukp.inception."),
)


def load_cassis() -> Any:  # noqa: ANN401 - a package without types
    """The package that reads and writes CAS.

    Raises:
        UsageError: It is not installed.
    """
    try:
        import cassis
    except ImportError as error:
        raise UsageError(
            f"UIMA CAS needs dkpro-cassis, which is not installed: {error}", todo="pip install 'labeling[cas]'"
        ) from None
    return cassis


def is_of_type(kind: Any, name: str) -> bool:  # noqa: ANN401
    """Whether a type is the one of that name, or below it."""
    return name in (each.name for each in _with_supertypes(kind))


def is_not_asked(kind: Any) -> bool:  # noqa: ANN401
    """Whether things of this type are around the text, and not what somebody marked in it."""
    return is_known_kind(kind.name) and not kind.name.startswith("uima.")


def is_known_kind(name: str) -> bool:
    """Whether a type by its name is one of UIMA's own, or of things around the text."""
    return name.startswith(("uima.", *_NOT_ASKED))


def short_name(kind: Any) -> str:  # noqa: ANN401
    """The last part of a type's name: ``NamedEntity``."""
    return str(kind.name.rpartition(".")[2])


def _with_supertypes(kind: Any) -> Iterator[Any]:  # noqa: ANN401
    while kind is not None:
        yield kind
        kind = kind.supertype
