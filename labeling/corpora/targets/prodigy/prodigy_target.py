"""JSON lines of Prodigy's kind as a target: all of gold, to be annotated further in Prodigy, or by its readers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from labeling.corpora.build.ledger_entries import account_for_choices, account_for_relations, account_for_spans
from labeling.corpora.targets.prodigy.prodigy_lines import format_prodigy_line, make_prodigy_line, read_prodigy_texts
from labeling.corpora.targets.target import HeldArticle, StoredCopy, Target
from labeling.corpora.targets.text_files import SplitFilesWriter
from labeling.workspace.rows.assignment import SPLITS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from labeling.corpora.build.canonical import CanonicalForm
    from labeling.corpora.targets.shared_article import SharedArticle
    from labeling.corpora.targets.target import Recipe
    from labeling.workspace.rows.assignment import SplitName

_PRODIGY: Final = "prodigy"


class _LinePieceBuilder:
    """The lines of one piece."""

    def __init__(self, recipe: Recipe) -> None:
        self._schema = recipe.schema
        self._lines: dict[SplitName, list[str]] = {}

    def add(self, shared: SharedArticle, split: SplitName) -> HeldArticle:
        """Keep the line of an article."""
        # As text at once: a piece holds strings, and not a dict for each token.
        line = format_prodigy_line(make_prodigy_line(shared, self._schema))
        self._lines.setdefault(split, []).append(line)
        # Every span is held, so that none is left out of the flat layer; those in `cut` had a token cut for them.
        entries = [
            *account_for_spans(shared.gold, _PRODIGY, {}, shared.cut),
            *account_for_relations(shared.gold, _PRODIGY),
            *account_for_choices(shared.gold, _PRODIGY),
        ]
        return HeldArticle(entries, shared.form)

    def parts(self) -> dict[SplitName, str]:
        """The lines of each split."""
        return {split: "".join(lines) for split, lines in self._lines.items()}


def _read_line_texts(folder: Path, split: SplitName) -> Iterator[tuple[CanonicalForm, str]]:
    return read_prodigy_texts(folder / f"{split}.jsonl")


def _read_line_forms(folder: Path, split: SplitName) -> Iterator[CanonicalForm]:
    return (form for form, _ in _read_line_texts(folder, split))


def _list_prodigy_copies(folder: Path) -> list[StoredCopy]:
    return [StoredCopy(_PRODIGY, [(split, partial(_read_line_forms, folder, split)) for split in SPLITS])]


def _open_prodigy_writer(folder: Path, _: Recipe) -> SplitFilesWriter:
    return SplitFilesWriter(folder, "jsonl")


PRODIGY: Final = Target(
    name=_PRODIGY,
    title="Prodigy",
    outcomes={
        "span": ("kept", "split", "left_out", "lost"),
        "relation": ("kept", "left_out", "lost"),
        "choice": ("kept", "left_out", "lost"),
    },
    packages=("spacy",),
    build=_LinePieceBuilder,
    open_writer=_open_prodigy_writer,
    copies=_list_prodigy_copies,
    templates="labeling.corpora.targets.prodigy",
    texts=_read_line_texts,
)
