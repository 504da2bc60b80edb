"""The targets there are, and those that a project file asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from labeling.corpora.targets.conll.conll_target import CONLL
from labeling.corpora.targets.huggingface.huggingface_target import HUGGINGFACE
from labeling.corpora.targets.prodigy.prodigy_target import PRODIGY
from labeling.corpora.targets.spacy.spacy_target import SPACY
from labeling.errors import ProjectFileError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labeling.corpora.targets.target import Target

# In the order of their rows in a ledger.
TARGETS: Final[tuple[Target, ...]] = (SPACY, HUGGINGFACE, CONLL, PRODIGY)
DEFAULT_TARGETS: Final[tuple[Target, ...]] = (SPACY, HUGGINGFACE)


def find_targets(names: Sequence[str], where: str = "") -> tuple[Target, ...]:
    """The targets with these names, in our order; the default ones where none is named.

    Args:
        names: As ``[compile] targets`` of a project file lists them.
        where: The project file, for the message.

    Raises:
        ProjectFileError: A target is unknown, or named twice.
    """
    if not names:
        return DEFAULT_TARGETS
    # In our order and not in that of the file: the order of the names must not change the bytes of the ledger.
    known = {target.name: target for target in TARGETS}
    faults = [f"{name!r} is not a target" for name in names if name not in known]
    faults += [f"{name!r} is named twice" for name in sorted(set(names)) if list(names).count(name) > 1]
    if faults:
        raise ProjectFileError(
            f"compile.targets: {'; '.join(faults)}",
            todo=f"name some of {', '.join(known)} under [compile] in the project file",
            where=where,
        )
    return tuple(target for target in TARGETS if target.name in names)
