"""What people are called in the report: as files call them, or by pseudonym; and words in which numbers are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.adjudication.adjudicate import read_addresses
from labeling.workspace.annotator_names import annotator_names, local_part

if TYPE_CHECKING:
    from labeling.annotations import Annotation
    from labeling.project import Project
    from labeling.workspace.pseudonyms import Pseudonyms


class Cast:
    """The people of a project, each with one name, whether a file has their address or the name in annotations."""

    def __init__(self, project: Project, pseudonyms: Pseudonyms | None) -> None:
        """Read who there is; with pseudonyms, everybody is called by one.

        Raises:
            DamagedFile: A file that names people cannot be read.
        """
        self.addresses = read_addresses(project)
        self._pseudonyms = pseudonyms
        users = project.workspace.users.value_if_written()
        accounts = [(int(number), email) for number, email in users.emails.items()] if users else []
        names = annotator_names(accounts)
        self._called = {email.casefold(): names[email] for _, email in accounts}
        plan = {row.reader for row in project.workspace.assignments.rows_if_written()}
        for email in sorted({*plan, *project.file.emails} - self._called.keys()):
            # Whoever has no account yet is called as their imports may be.
            short = local_part(email)
            self._called[email] = short if self.addresses.find_name(short) == email else email

    def call(self, name: str) -> str:
        """The name of somebody who is named or addressed; a model is called as it is."""
        called = self._called.get(name.casefold(), name)
        return self._pseudonyms.name(called) if self._pseudonyms else called

    def name_author(self, annotation: Annotation) -> str:
        """The name of whoever made an annotation."""
        return self.call(self.addresses.find(annotation))

    def hide(self, sentence: str) -> str:
        """A sentence from elsewhere, in which people are called as here."""
        return self._pseudonyms.hide(sentence) if self._pseudonyms else sentence


def tell_number(number: int, what: str, many: str = "") -> str:
    """A number with its noun: ``1 article``, ``3 articles``, ``2 stories`` with ``many``."""
    return f"{number} {what if number == 1 else many or what + 's'}"


def list_in_words(words: list[str]) -> str:
    """Words as a sentence has them: ``ana``, ``ana and ben``, ``ana, ben and cleo``."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
