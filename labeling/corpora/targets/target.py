"""A target: a format that gold is compiled into, as a value that ``compile`` loops over and never names.

A new format is a new folder here, with one such value, and a line in ``available.py``. The ledger, the
proof, the manifest and the card read everything they need from the value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from labeling.corpora.build.canonical import CanonicalForm
from labeling.tokens import NEWSWIRE

if TYPE_CHECKING:
    from pathlib import Path

    from labeling.annotations import ThingKind
    from labeling.corpora.build.ledger_entries import TargetOutcome
    from labeling.corpora.targets.shared_article import SharedArticle
    from labeling.corpora.word_vectors.word_vectors import WordVectors
    from labeling.ledger import LedgerEntry
    from labeling.project import Policies
    from labeling.schema import Schema
    from labeling.workspace.rows.assignment import SplitName

# Reads articles from one file of a target; other processes can be asked to.
CanonicalReader: TypeAlias = Callable[[], Iterator[CanonicalForm]]


@dataclass(frozen=True)
class HeldArticle:
    """What a target holds of one article: an entry in the ledger for each thing of gold, and what can be read back.

    ``form`` is that of gold where the target holds everything, else the part that it holds: what the ledger calls kept
    must be what the proof finds on disk.
    """

    entries: Sequence[LedgerEntry]
    # Gold's own object where nothing is missing: then its fingerprint need not be computed again.
    form: CanonicalForm


class PieceBuilder(Protocol):
    """Converts the articles of one piece of work, one by one, and packs them."""

    def add(self, shared: SharedArticle, split: SplitName) -> HeldArticle:
        """Convert one article, and account for all its gold."""

    def parts(self) -> Mapping[SplitName, Any]:
        """What the piece adds to each split, in a form that travels between processes."""


class TargetWriter(Protocol):
    """Writes a target's folder, a piece at a time."""

    def add(self, split: SplitName, part: Any) -> None:  # noqa: ANN401 - what the target's own builder packed
        """Append what a piece adds to one split."""

    def close(self) -> None:
        """Finish every file, and write what belongs to no split."""


@dataclass(frozen=True)
class StoredCopy:
    """One copy of the articles that a target keeps on disk, as the proof reads it.

    ``readers`` has what reads each file, with the split that the file belongs to. ``slow`` files are worth another
    process. A copy with an ``original`` was written from the same rows as the other one: ``unlike`` compares the two
    cell by cell and gives the columns that differ, by split, and only where some do is the copy read.
    """

    name: str
    readers: Sequence[tuple[SplitName, CanonicalReader]]
    slow: bool = False
    original: str = ""
    unlike: Callable[[], Mapping[SplitName, Sequence[str]]] | None = None


def _no_values(_: Schema) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class Target:
    """A format that gold is compiled into; its files lie in the folder ``name`` of a dataset.

    Attributes:
        name: The target's name in the project file, in the ledger and on disk.
        title: The same for people.
        outcomes: Every outcome that a thing of gold can have there, so that a 0 is written out and not implied.
        packages: The distributions whose versions shape the bytes.
        build: Begins a piece.
        open_writer: Makes the target's folder, and what writes into it.
        copies: What the proof reads, given the target's folder.
        templates: The package with the target's part of the dataset card: the macros of its ``card.md.j2``.
        card_values: What that part needs to know besides what every card does.
        texts: Reads the articles of one split with their texts; None where they cannot be had exactly.
        trained: What users make inside the folder, and is not part of the dataset: the beginnings of paths.
        session: What is set up around the conversion or the reading of many articles.
    """

    # What it is.
    name: str
    title: str
    outcomes: Mapping[ThingKind, tuple[TargetOutcome, ...]]
    packages: tuple[str, ...]
    # What is done with it, in this order.
    build: Callable[[Recipe], PieceBuilder]
    open_writer: Callable[[Path, Recipe], TargetWriter]
    copies: Callable[[Path], Sequence[StoredCopy]]
    # Words for people.
    templates: str
    card_values: Callable[[Schema], Mapping[str, Any]] = _no_values
    # What only some targets have.
    texts: Callable[[Path, SplitName], Iterator[tuple[CanonicalForm, str]]] | None = None
    trained: tuple[str, ...] = ()
    session: Callable[[], AbstractContextManager[None]] = nullcontext


@dataclass(frozen=True)
class Recipe:
    """What shapes a dataset, besides its gold: everything that a process needs to know.

    ``unasked`` is true where an article was judged before something was asked for: then each row has a place for that.
    ``vectors`` are the word vectors that go into the dataset; the processes that convert articles do not get them.
    ``tokenizer`` names the rules for tokens.
    """

    language: str
    schema: Schema
    policies: Policies
    targets: tuple[Target, ...]
    unasked: bool = False
    tokenizer: str = NEWSWIRE
    vectors: WordVectors | None = None


@contextmanager
def open_sessions(targets: Sequence[Target]) -> Iterator[None]:
    """The sessions of all these targets."""
    with ExitStack() as stack:
        for target in targets:
            stack.enter_context(target.session())
        yield
