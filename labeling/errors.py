"""Every refusal has a name.

The message tells what happened, where and why; ``todo`` tells what to do about it. The command line prints both.

::

    LabelingError
    ├── UsageError                 the command was used wrongly (exit status 2)
    │   └── UnknownGuidelines      what is to be compared with names no guidelines, or none whose text is known
    ├── ProjectError
    │   ├── ProjectFileError       the project file is missing, or has a typo or a wrong value
    │   ├── SchemaError            the schema contradicts itself
    │   ├── WorkspaceBusy          another command is writing to this workspace
    │   ├── NoRoom                 the disk is full, or may not be written
    │   ├── MissingInput           a file that an earlier verb should have written is missing
    │   ├── DamagedFile            a line of a workspace file cannot be read
    │   ├── Altered                a file is not as the verb that wrote it left it
    │   ├── StillAnnotated         an article that is to be forgotten has people's words
    │   ├── Stale                  a file was made from others than are there now, or its verb was cut short
    │   ├── PassagesTooLarge       the articles need more memory than the project allows
    │   ├── RayUnavailable         the Ray cluster cannot be used
    │   ├── VectorsUnusable        word vectors are not there, or damaged
    │   └── ZeroShotUnavailable    the model that is asked for labels cannot be used
    ├── ArticleError               an article is refused; ``kind`` names the reason in rejects.jsonl
    │   ├── UnreadableArticle      the file or the row yields no text
    │   ├── EmptyArticle           nothing but blanks
    │   ├── OverlongArticle        more characters than the project allows
    │   ├── ForbiddenCharacter     NUL or a lone surrogate
    │   ├── BadField               a field of the row has a wrong type or value
    │   ├── ForgottenArticle       the text was forgotten, and does not come back
    │   └── ChangedArticle         the id is known, but with another text
    ├── StudioError
    │   ├── ServerPackageMissing   the embedded server is an extra, and not installed
    │   ├── PortTaken              the port asked for is in use
    │   ├── DataFolderUnusable     the server's data folder cannot be written, or its database is damaged
    │   ├── ServerDidNotStart      the server ended, or did not answer in time
    │   ├── NoServer               no server is named, and the embedded one is not running
    │   ├── ServerUnreachable      nothing answers at that address, or not in time
    │   ├── NotLabelStudio         something else than Label Studio answers
    │   ├── NotAuthorised          the server does not accept the key
    │   ├── ServerRefused          the server refused the request (4xx)
    │   ├── ServerFailed           the server failed (5xx)
    │   ├── ProjectGone            the project we pushed to is not on that server
    │   ├── SchemaInUse            the server has annotations that the changed schema has no place for
    │   ├── OversizedAnswer        an answer is larger, or takes longer, than any that is honest
    │   ├── ShortAnswer            fewer rows came than the server counts
    │   ├── NotBrought             imported words cannot become an annotation there: their author has no account
    │   ├── StaleTask              a task has another text than its article
    │   └── UnreadableExport       a file is not a Label Studio export that we can read
    ├── CorpusError
    │   ├── NothingToCompile       no gold article is left to compile
    │   ├── LedgerUnbalanced       an account does not add up
    │   ├── SpansLost              a target could not hold every span
    │   ├── TargetsDiffer          what was read back from disk differs from gold
    │   ├── QuarantineNotAllowed   quarantine has a kind of defect that the project does not allow
    │   ├── WorkerDied             a process that did a part of the work was ended
    │   ├── Uncertified            the leakage certificate does not cover these splits
    │   ├── CorpusChanged          a dataset does not match its manifest
    │   └── HubRefused             the Hub did not take a publication, or did not answer
    ├── TooFewAnnotators           no two people submitted the same article
    ├── LeakError                  articles that must stay together are in different splits
    └── TrainingError              the extractor cannot be trained, loaded or scored
        └── NothingToLearn         a split that training needs has no article
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


# Control characters but for tab and line end, those that turn the direction of a line, and halves of characters, which
# stand in names of files that are not UTF-8 and cannot be printed.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def escape_controls(text: str) -> str:
    r"""A text that a terminal only shows: control characters are written out.

    >>> escape_controls("a\x1b[2Jb")
    'a\\u001b[2Jb'
    """
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


class LabelingError(Exception):
    """The root of the tree: catch it to catch every refusal of ours."""

    exit_status = 1

    def __init__(self, message: str, *, todo: str, where: str = "") -> None:
        """Keep the message, the way out, and the place (a file and line, an address, an id)."""
        # Messages quote servers and files: nothing of that may speak to a terminal.
        super().__init__(escape_controls(message))
        self.todo = escape_controls(todo)
        self.where = where

    # The default would call the class with the message alone, and `todo` is required.
    def __reduce__(self) -> tuple[Callable[[], LabelingError], tuple[()]]:
        """Pickle as a whole, so that it gets from one process to another."""
        return partial(type(self), str(self), todo=self.todo, where=self.where), ()


class UsageError(LabelingError):
    """The command was used wrongly: an option or argument makes no sense."""

    exit_status = 2


class UnknownGuidelines(UsageError):
    """What today's guidelines are to be compared with names none, or several, or one whose text is not known."""


class ProjectError(LabelingError):
    """Something in the project file or the workspace is in the way."""


class ProjectFileError(ProjectError):
    """The project file is missing, is not TOML, or has an unknown key or a wrong value."""


class SchemaError(ProjectError):
    """The schema contradicts itself: a duplicate, or a name that refers to nothing."""


class WorkspaceBusy(ProjectError):
    """Another command is writing to this workspace."""


class NoRoom(ProjectError):
    """A file cannot be written: the disk is full, or the folder may not be written. What was there is still there."""


class MissingInput(ProjectError):
    """A file that an earlier verb writes is not in the workspace."""


class DamagedFile(ProjectError):
    """A line of a workspace file is not a row of that file."""


class Altered(ProjectError):
    """A file of the workspace is not as the verb that wrote it left it: edited, cut, emptied or swapped."""


class StillAnnotated(ProjectError):
    """People have annotated an article that is to be forgotten, and nobody said that their words may go."""


class Stale(ProjectError):
    """A file of the workspace was made from other files than those that are there now, or was not finished."""


class PassagesTooLarge(ProjectError):
    """Finding what these articles share needs more memory than the project file allows."""


class RayUnavailable(ProjectError):
    """The project file names a Ray cluster, but Ray is not installed or does not answer."""


class VectorsUnusable(ProjectError):
    """The project file names word vectors that are not there, not installed, damaged, or without words of their own."""


class ZeroShotUnavailable(ProjectError):
    """The model that is to be asked for labels cannot be: GLiNER is not installed, or it is not one of GLiNER's."""


class ArticleError(LabelingError):
    """An article is refused, the others go on; ``kind`` names the reason in ``rejects.jsonl``."""

    kind = "refused"


class UnreadableArticle(ArticleError):
    """The file or row yields no text: an unknown format, a broken encoding, a page without a main text."""

    kind = "unreadable"


class EmptyArticle(ArticleError):
    """The text is nothing but blanks."""

    kind = "empty"


class OverlongArticle(ArticleError):
    """The text has more characters than the project file allows."""

    kind = "over-long"


class ForbiddenCharacter(ArticleError):
    """The text holds NUL or a lone surrogate, which no server or file can carry."""

    kind = "forbidden character"


class BadField(ArticleError):
    """A field of the row is missing, or has a wrong type or value."""

    kind = "bad field"


class ForgottenArticle(ArticleError):
    """The text was taken back with `labeling forget`, under this id or another."""

    kind = "forgotten"


class ChangedArticle(ArticleError):
    """An article with this id but another text was ingested before: articles never change."""

    kind = "same id, other text"


class StudioError(LabelingError):
    """Label Studio, the embedded one or another, did not do what was asked."""


class ServerPackageMissing(StudioError):
    """The embedded Label Studio is an extra, and it is not installed here."""


class PortTaken(StudioError):
    """The port asked for is in use by another program."""


class DataFolderUnusable(StudioError):
    """The server's data folder cannot be written, or its database is damaged."""


class ServerDidNotStart(StudioError):
    """The server ended while starting, or did not answer in time."""


class NoServer(StudioError):
    """No server is named in the environment, and the embedded one is not running."""


class ServerUnreachable(StudioError):
    """Nothing answers at that address, or not in time."""


class NotLabelStudio(StudioError):
    """Something answers at that address, but it is not Label Studio's API."""


class NotAuthorised(StudioError):
    """The server does not accept the key, or the key may not do this."""


class ServerRefused(StudioError):
    """The server refused the request (a 4xx answer)."""


class ServerFailed(StudioError):
    """The server failed while answering (a 5xx answer)."""


class ProjectGone(StudioError):
    """The project that this workspace was pushed to is not on the server in use."""


class SchemaInUse(StudioError):
    """The schema lost something that annotations on the server use: changing the page would orphan them."""


class OversizedAnswer(StudioError):
    """An answer is larger, has more pages or takes longer than any that is honest."""


class ShortAnswer(StudioError):
    """The server sent fewer rows than it counts."""


class NotBrought(StudioError):
    """Imported words cannot become an annotation there: no account for their author, or words on parts of a text."""


class StaleTask(StudioError):
    """The text in a task is not the text of the article it names."""


class UnreadableExport(StudioError):
    """A file is not a Label Studio export that we can read."""


class CorpusError(LabelingError):
    """A dataset cannot be compiled, or is not what it claims to be."""


class NothingToCompile(CorpusError):
    """No gold article is left to compile."""


class LedgerUnbalanced(CorpusError):
    """What went into an account is not what came out of it."""


class SpansLost(CorpusError):
    """A target could not hold every span of gold."""


class TargetsDiffer(CorpusError):
    """What was read back from a target on disk differs from gold."""


class QuarantineNotAllowed(CorpusError):
    """Quarantine has a kind of defect that the project file does not allow."""


class Uncertified(CorpusError):
    """The leakage certificate is of other splits, or of another definition of a passage: it proves nothing of these."""


class WorkerDied(CorpusError):
    """A process that did a part of the work ended too early: nothing was written."""


class CorpusChanged(CorpusError):
    """A file of a dataset does not match its manifest."""


class HubRefused(CorpusError):
    """The Hub, or what answers in its place, did not take a publication; what was there before is still there."""


class TooFewAnnotators(LabelingError):
    """No two people submitted the same article, so that agreement cannot be measured."""


class LeakError(LabelingError):
    """Articles that must stay together are in different splits."""


class TrainingError(LabelingError):
    """The extractor cannot be trained, loaded or scored as asked."""


class NothingToLearn(TrainingError):
    """A split that training needs has no article, or none with complete gold where only that teaches."""
