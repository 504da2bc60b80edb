"""What people wrote or are named in, with their pseudonyms: the ledger, and texts of ours; never an article's words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from labeling.annotations import LedgerRow
from labeling.workspace.pseudonyms import is_person, open_pseudonyms
from labeling.workspace.storage import read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from labeling.project import Project
    from labeling.workspace.pseudonyms import Pseudonyms

LEDGER = "ledger.jsonl"
# Tried only where a run of its signs begins: else a long one would be read again and again.
_ADDRESS = re.compile(r"(?<![\w.+-])([\w.+-]+)@[\w-]+(?:\.[\w-]+)*")
# What a dataset calls people where the project file plans who reads what.
_PSEUDONYM = re.compile(r"reader-[0-9a-f]{10}")


class ReaderHider:
    """Puts pseudonyms in the place of people's names; does nothing where the project file says that they are named."""

    def __init__(self, project: Project, dataset: Path) -> None:
        """Find the names of all who are behind a dataset; the workspace must be held.

        Raises:
            DamagedFile: The ledger, or the secret of the pseudonyms, is not what it should be.
        """
        people = project.file.people
        self._names: Pseudonyms | None = None
        if people is None or not people.publish_names:
            # A dataset may be another workspace's, which knows other people.
            told = {row.annotator for row in read_rows(dataset / LEDGER, LedgerRow) if not is_pseudonym(row.annotator)}
            self._names = open_pseudonyms(project.workspace, [*project.file.emails, *filter(is_person, told)])

    def hide_in(self, text: str) -> str:
        """A text of ours, with pseudonyms in the place of names."""
        if self._names is None:
            return text
        # An address of somebody whose name alone is known goes as a whole.
        return _ADDRESS.sub(self._hide_address, self._names.hide(text))

    def _hide_address(self, address: re.Match[str]) -> str:
        hidden = self._names.hide(address[1]) if self._names else address[1]
        return hidden if hidden != address[1] else address[0]

    def hide_in_address(self, url: str) -> str:
        """An article's address: one on the web stays as it is, a path of somebody's machine does not."""
        return url if re.match(r"https?://", url, re.IGNORECASE) else self.hide_in(url)

    def hide_reader(self, annotator: str) -> str:
        """What an annotator is called; a model may have the path of somebody's folder in its name."""
        if self._names is None or is_pseudonym(annotator):
            return annotator
        return self._names.name(annotator) if is_person(annotator) else self.hide_in(annotator)

    def ledger_rows(self, dataset: Path) -> Iterator[LedgerRow]:
        """The rows of a dataset's ledger."""
        for row in read_rows(dataset / LEDGER, LedgerRow):
            yield row.model_copy(
                update={
                    "article": self.hide_in(row.article),
                    "annotator": self.hide_reader(row.annotator),
                    "reason": self.hide_in(row.reason),
                }
            )


def is_pseudonym(annotator: str) -> bool:
    """Whether a name is what we call somebody in what is published.

    >>> is_pseudonym("reader-0123456789"), is_pseudonym("ana")
    (True, False)
    """
    return bool(_PSEUDONYM.fullmatch(annotator))
