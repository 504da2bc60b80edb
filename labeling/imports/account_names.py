"""What to call the people of another server, whose annotations a file signs with accounts: an address, or a number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labeling.errors import UsageError
from labeling.workspace.annotator_names import local_part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from labeling.imports.record import Account


@dataclass
class AccountNames:
    """The names of accounts. ``names`` has those known from the workspace, by address without case.

    A new one is called by what stands before the ``@``, and by the whole address where somebody else is called so.
    ``emails`` has the addresses of all who signed in this import, by name; ``strangers`` the numbers nobody can tell.
    """

    names: dict[str, str] = field(default_factory=dict)
    emails: dict[str, str] = field(default_factory=dict)
    strangers: set[int | str] = field(default_factory=set)
    _signers: set[Account] = field(default_factory=set)

    def sign(self, account: Account, annotator: str, people: Mapping[int | str, str], where: str) -> str:
        """The name of whoever has an account; a number that ``people`` does not have is a stranger until the end.

        Args:
            account: The account.
            annotator: Who signs everything, if anybody; then it must all be of one account.
            people: Addresses or names by number.
            where: Where it stands, for messages.

        Raises:
            UsageError: The file names nobody, or several whom ``annotator`` would make one.
        """
        self._signers.add(account)
        if annotator:
            self._refuse_several(annotator, where)
            return annotator
        known = account.email or (people.get(account.number, "") if account.number is not None else "")
        if known:
            return self._name(known)
        if account.number is None:
            todo = "name the annotator with --annotator NAME"
            raise UsageError(f"{where} does not name its annotator", todo=todo, where=where)
        self.strangers.add(account.number)
        return f"user-{account.number}"

    def refuse_strangers(self) -> None:
        """See that every account has a name: the number of another server's account is not a person.

        Raises:
            UsageError: Some do not, named by their numbers.
        """
        if self.strangers:
            numbers = ", ".join(map(str, sorted(self.strangers, key=lambda each: (str(each) == each, each))))
            raise UsageError(
                f"the files name annotators only by the numbers they have on their server: {numbers}",
                todo="tell who they are with --people FILE (CSV with the columns id and email, or the JSON of the "
                "server's /api/users), or name the one annotator with --annotator NAME; nothing was imported",
            )

    def _name(self, known: str) -> str:
        key = known.casefold()
        if "@" not in known:
            return known
        if key not in self.names:
            short = local_part(known)
            taken = {name.casefold() for name in self.names.values()}
            self.names[key] = known if short.casefold() in taken else short
        self.emails[self.names[key]] = known
        return self.names[key]

    def _refuse_several(self, annotator: str, where: str) -> None:
        if len(self._signers) > 1:
            names = ", ".join(sorted(each.email or f"number {each.number}" for each in self._signers))
            raise UsageError(
                f"the files are by several people ({names}), and --annotator would sign all as {annotator!r}",
                todo="leave --annotator out, and tell who the numbers are with --people FILE; nothing was imported",
                where=where,
            )
