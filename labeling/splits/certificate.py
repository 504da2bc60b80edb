"""No dataset without a leakage certificate: measured on the files as they are, and with no passage in two splits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.errors import Uncertified
from labeling.splits.leakage import refuse_leak
from labeling.workspace.checksums import describe_input

if TYPE_CHECKING:
    from labeling.project import Project
    from labeling.workspace.table import Workspace


def digest_certificate_inputs(workspace: Workspace) -> dict[str, str]:
    """What a certificate depends on that can change: the SHA-256 of each file; articles never change their text."""
    return {path.name: describe_input(path).sha256 for path in (workspace.splits.path, workspace.passages.path)}


def refuse_uncertified(project: Project) -> None:
    """Refuse splits of which nobody has proven that they share nothing.

    Raises:
        MissingInput: There is no certificate.
        Uncertified: It is of other splits, other boilerplate, or another length of a passage.
        LeakError: A passage stands in two splits.
    """
    workspace, words = project.workspace, project.file.passages.words
    leakage = workspace.leakage.value()
    now = digest_certificate_inputs(workspace)
    changed = [name for name, digest in now.items() if leakage.measured_on.get(name) != digest]
    changed += [f"the least words of a passage (now {words})"] * (leakage.words != words)
    if changed:
        raise Uncertified(
            f"{workspace.leakage.path} was measured before a change of {' and of '.join(changed)}",
            todo="run `labeling split` again, which measures what the splits share",
            where=str(workspace.leakage.path),
        )
    refuse_leak(leakage)
