"""A repository of the Hub, by its own client: what it holds is looked at, and a publication comes in one commit.

The token is the client's own, of `HF_TOKEN` or of a log-in, and is in no message of ours. `HF_ENDPOINT` names another
Hub. Tests speak to a server of theirs; nothing here was tried on the real one.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from labeling.corpora.publish.publication import PUBLICATION
from labeling.corpora.publish.published_tables import DATA
from labeling.errors import HubRefused, UsageError, escape_controls
from labeling.workspace.progress_watch import mark_progress
from labeling.workspace.rows.assignment import SPLITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

# What the Hub itself puts into a new repository.
_OF_THE_HUB = frozenset({".gitattributes", "README.md"})
# What an earlier publication may have left that a later one does not have.
_MAY_GO = frozenset(
    {
        *(f"{DATA}/{split}.parquet" for split in SPLITS),
        *("ledger.jsonl", "release/release.json", "release/spans.jsonl", "release/README.md"),
    }
)

_LONGEST = 500  # characters of what a server says


class HubRepository:
    """A repository for a dataset, by name: ``desk/news``."""

    def __init__(self, name: str) -> None:
        """Check the name, and find the token.

        Raises:
            UsageError: It is not the name of a repository, or there is no token.
        """
        # Read when the client is first imported: files go by HTTP, as in our tests, and not by a protocol of their own.
        os.environ.setdefault("HF_HUB_DISABLE_XET", "1")
        from huggingface_hub import HfApi, constants, get_token
        from huggingface_hub.utils import HFValidationError, validate_repo_id

        try:
            validate_repo_id(name)
        except HFValidationError:
            name_is_one = False
        else:
            name_is_one = name.count("/") == 1
        if not name_is_one:
            raise UsageError(
                f"{name!r} is not the name of a repository", todo="name whose it is, too, as in desk/news", where=name
            )
        self.name, self._token = name, get_token() or ""
        if not self._token:
            raise UsageError(
                "the Hub is asked for nothing without a token",
                todo="log in with `hf auth login`, or put a token that may write into HF_TOKEN",
                where=name,
            )
        endpoint = (os.environ.get("HF_ENDPOINT") or constants.ENDPOINT).rstrip("/")
        self._api = HfApi(endpoint=endpoint, token=self._token, library_name="labeling")
        # An address may have somebody's password in it.
        self.url = re.sub(r"(?<=://)[^/]*@", "", f"{endpoint}/datasets/{name}")

    def bring(self, folder: Path, message: str, *, public: bool) -> None:
        """Put all files of a publication into the repository, in one commit; one that is not there is made.

        Args:
            folder: The publication's.
            message: The commit's.
            public: Whether a new repository is open to everybody.

        Raises:
            UsageError: The repository holds something else.
            HubRefused: The Hub did not take it, or did not answer: what was there is still there.
        """
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        paths = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
        with self._named_failures(), _no_bars_of_its_own():
            there, head = self._look()
            if there is None:
                self._api.create_repo(self.name, repo_type="dataset", private=not public)
            self._refuse_others(there or ())
            gone = sorted((_MAY_GO & set(there or ())) - paths.keys())
            operations: list[Any] = [CommitOperationDelete(name) for name in gone]
            operations += [CommitOperationAdd(name, str(path)) for name, path in paths.items()]
            mark_progress("uploading", 0, len(paths))
            # What came there since we looked is somebody else's.
            self._api.create_commit(
                self.name, operations, commit_message=message, repo_type="dataset", parent_commit=head
            )

    def _look(self) -> tuple[list[str] | None, str | None]:
        """The repository's files, and its latest commit; None where there is no such repository."""
        from huggingface_hub.errors import RepositoryNotFoundError

        try:
            info = self._api.dataset_info(self.name)
        except RepositoryNotFoundError:
            return None, None
        return [each.rfilename for each in info.siblings or ()], info.sha

    def _refuse_others(self, there: Iterable[str]) -> None:
        others = sorted(set(there) - _OF_THE_HUB)
        if others and PUBLICATION not in others:
            raise UsageError(
                f"{self.url} holds {others[0]} and was not published by us: nothing there is overwritten",
                todo="name another repository, or empty that one",
                where=self.name,
            )

    @contextmanager
    def _named_failures(self) -> Iterator[None]:
        import httpx2
        from huggingface_hub.errors import OfflineModeIsEnabled

        try:
            yield
        except OfflineModeIsEnabled:
            raise self._error("HF_HUB_OFFLINE is set", "take HF_HUB_OFFLINE out of the environment") from None
        except (httpx2.HTTPError, OSError, RuntimeError, ValueError) as error:
            told, status = _find_cause(error)
            raise self._error(told, _WAYS.get(status, _WAYS[0])) from None

    def _error(self, reason: str, todo: str) -> HubRefused:
        # A server may send back what it was sent.
        told = escape_controls(" ".join(reason.replace(self._token, "***").split()))[:_LONGEST]
        return HubRefused(f"{self.url} did not take the publication: {told}", todo=todo, where=self.name)


def _find_cause(error: BaseException) -> tuple[str, int]:
    """What was said of a failure, and the status of the Hub's answer; 0 where it did not answer."""
    from huggingface_hub.errors import HfHubHTTPError

    # The client wraps what came of a large file into errors of its own.
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, HfHubHTTPError) and cause.response is not None:
            return str(cause), cause.response.status_code
        cause = cause.__cause__
    return f"{type(error).__name__}: {error}", 0


_WAYS = {
    0: "see that the Hub can be reached; then run the same command again: nothing there is half written",
    401: "log in again with `hf auth login`, or see to the token in HF_TOKEN",
    403: "use a token that may write to that repository",
    404: "see that the owner of the repository is there, and that the token may write for them",
    412: "somebody else wrote to the repository meanwhile: look at it, then run the same command again",
}


@contextmanager
def _no_bars_of_its_own() -> Iterator[None]:
    """Keep the client from drawing bars, and leave them as they were set."""
    from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    before = are_progress_bars_disabled()
    disable_progress_bars()
    try:
        yield
    finally:
        if not before:
            enable_progress_bars()
