"""Front door of ``labeling doctor``: do we know this server, what may we do there, is every character kept."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from labeling.errors import LabelingError, MissingInput, NoRoom, NotAuthorised
from labeling.studio.api.connect import connect
from labeling.studio.api.layer import SCHEMA, find_layer
from labeling.studio.format.labelling_config import labelling_config
from labeling.studio.format.schema_change import read_schema_terms
from labeling.studio.server.package import GATE_FOLDER, gate_version
from labeling.studio.sync.probe import STRETCHES, send_probe
from labeling.studio.sync.project_link import find_linked_project
from labeling.workspace.storage import write_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from labeling.project import Project
    from labeling.schema import Schema
    from labeling.studio.api.client import Studio
    from labeling.studio.server.credentials import Credentials
    from labeling.workspace.table import Workspace

Verdict: TypeAlias = Literal["good", "doubtful", "bad"]

# What the tests run against.
SERVER, SDK = "1.23", "2.1"

_GATE_HEADER = "X-Labeling-Gate"
_AS_READER = "X-Labeling-As"
_MOST_APART = dt.timedelta(seconds=60)

_LEAST_BYTES = 500_000_000  # a few pulls of ten thousand articles


@dataclass(frozen=True)
class CheckFinding:
    """One thing that was looked at: the verdict, what was found, and what to do when it is not good."""

    what: str
    verdict: Verdict
    found: str
    todo: str = ""


def doctor(project: Project, *, server: Credentials | None = None) -> Iterator[CheckFinding]:
    """Look at the workspace, the server, the key, the clocks and the schema, and send a probe there and back.

    The probe is a project of its own on the server, and is removed again. What is wrong is a finding, never an error.
    """
    yield _check_workspace(project.workspace)
    try:
        with connect(project.workspace, server) as studio:
            yield from _check_studio(studio, project)
    except LabelingError as error:
        yield CheckFinding("server", "bad", str(error), error.todo)


def _check_studio(studio: Studio, project: Project) -> Iterator[CheckFinding]:
    """Look at everything on the server; a failure is a finding, and the next thing is looked at."""
    # From the outside in: what fails early explains what fails later.
    yield from _finding_or_failure("server", lambda: _check_server(studio))
    yield from _finding_or_failure("gate", lambda: _check_gate(studio))
    yield from _finding_or_failure("roles", lambda: _check_roles(studio))
    yield _check_sdk()
    yield _check_key(studio)
    yield from _finding_or_failure("clock", lambda: _check_clock(studio))
    yield from _finding_or_failure("schema", lambda: _check_schema(studio, project))
    yield from _finding_or_failure("probe", lambda: _check_probe(studio, project.schema))


def _finding_or_failure(what: str, look: Callable[[], CheckFinding]) -> Iterator[CheckFinding]:
    try:
        yield look()
    except LabelingError as error:
        yield CheckFinding(what, "bad", str(error), error.todo)


def _check_server(studio: Studio) -> CheckFinding:
    version = studio.version()
    found = f"Label Studio {version} at {studio.url}"
    if version.startswith(SERVER):
        return CheckFinding("server", "good", found)
    return CheckFinding("server", "doubtful", found, f"we are tested with {SERVER}; see that the probe below is good")


def _check_gate(studio: Studio) -> CheckFinding:
    """Whether our layer runs before Label Studio there, and whether it is the one of this package."""
    theirs = studio.transport.read("api/version", "say which gate it has").headers.get(_GATE_HEADER, "")
    ours = gate_version()
    if theirs == ours:
        return _check_tables(studio, f"it refuses writes from elsewhere, frames and fast guessing: version {ours}")
    if theirs:
        found = f"the server's gate is of another version ({theirs[:12]!a}) than this package's ({ours})"
        return CheckFinding("gate", "doubtful", found, f"copy {GATE_FOLDER} to the server, and restart it")
    return CheckFinding(
        "gate",
        "doubtful",
        "the server has no gate: any page of its host can write in the name of whoever is logged in",
        "restart an embedded server (`labeling serve --stop`, then `labeling serve`); for a team's, see docs/deploy.md",
    )


def _check_tables(studio: Studio, found: str) -> CheckFinding:
    """Whether what the layer keeps is of the version that this package reads; only its owner can see that."""
    try:
        layer = find_layer(studio)
    except NotAuthorised:
        return CheckFinding("gate", "good", found)
    found += f", tables of version {layer.tables if layer else 'unknown'}"
    if layer and layer.tables == SCHEMA:
        return CheckFinding("gate", "good", found)
    todo = f"copy {GATE_FOLDER} to the server, and restart it: this package reads tables of version {SCHEMA}"
    return CheckFinding("gate", "bad", found, todo)


def _check_roles(studio: Studio) -> CheckFinding:
    """Whether readers are held to what is theirs: a call that is forbidden to them is made, as one of them.

    The layer takes whoever sends the header for a reader; a server without it does not look, and answers.
    """
    if studio.transport.is_forbidden("api/invite", "refuse an invitation to a reader", {_AS_READER: "reader"}):
        return CheckFinding("roles", "good", "a call that is not a reader's was refused: readers are held to their own")
    return CheckFinding(
        "roles",
        "doubtful",
        "roles do not hold: a call that is not a reader's was answered. Each account sees others' words there, in "
        "tables and tasks, and may change and delete everything; only the label stream is blind",
        "restart a server of yours without --no-roles, or with LABELING_ROLES=1 (docs/deploy.md); elsewhere people "
        "agree on the label stream and a tab for each of them, and there are no gold questions",
    )


def _check_sdk() -> CheckFinding:
    version = importlib.metadata.version("label-studio-sdk")
    if version.startswith(SDK):
        return CheckFinding("client", "good", f"label-studio-sdk {version}")
    return CheckFinding(
        "client", "doubtful", f"label-studio-sdk {version}", f"install {SDK}.*, which we are tested with"
    )


def _check_key(studio: Studio) -> CheckFinding:
    kind = "a legacy token" if studio.transport.is_legacy_key else "a personal access token"
    return CheckFinding("key", "good", f"{kind} of {studio.email}")


def _check_clock(studio: Studio) -> CheckFinding:
    theirs = studio.clock()
    if theirs is None:
        return CheckFinding(
            "clock", "good", "the server does not name its time; `pull --changes` goes by what changed there last"
        )
    apart = theirs - dt.datetime.now(dt.UTC)
    found = f"the server's clock is {apart.total_seconds():+.0f} s from ours"
    if abs(apart) < _MOST_APART:
        return CheckFinding("clock", "good", found)
    return CheckFinding(
        "clock", "doubtful", found, "set both by NTP: names of kept answers have the time at which they were asked for"
    )


def _check_schema(studio: Studio, project: Project) -> CheckFinding:
    try:
        remote = find_linked_project(studio, project.workspace)
    # Nothing was pushed yet: that is not a fault.
    except MissingInput:
        return CheckFinding("schema", "good", "nothing was pushed yet: the page will be made from the project file")
    # Compared by what can be annotated, not by the text of the config: layout and hints may differ.
    ours, theirs = read_schema_terms(labelling_config(project.schema)), read_schema_terms(remote.config)
    differing = [f"+ {control} {name}" for control, name in sorted(ours - theirs)]
    differing += [f"- {control} {name}" for control, name in sorted(theirs - ours)]
    if differing:
        found = f"the page of project {remote.number} is not the project file's: " + ", ".join(differing)
        return CheckFinding("schema", "doubtful", found, "run `labeling push`, which changes the page")
    return CheckFinding("schema", "good", f"project {remote.number} shows what the project file describes")


def _check_probe(studio: Studio, schema: Schema) -> CheckFinding:
    lost = send_probe(studio, schema)
    if lost:
        return CheckFinding("probe", "bad", "; ".join(lost), "do not use this server until its vendor has mended that")
    return CheckFinding("probe", "good", f"{len(STRETCHES)} spans came back to the character; the probe is removed")


def _check_workspace(workspace: Workspace) -> CheckFinding:
    # A workspace that is not there is not made: the name may have been mistyped.
    place = next(folder for folder in (workspace.root, *workspace.root.absolute().parents) if folder.is_dir())
    probe = place / f".doctor-{os.getpid()}"
    try:
        write_text(probe, "")
        probe.unlink()
    except NoRoom as error:
        return CheckFinding("workspace", "bad", str(error), error.todo)
    free = shutil.disk_usage(place).free
    found = f"{place} can be written, {free / 1e9:.1f} GB are free"
    if place != workspace.root:
        found += f"; {workspace.root} is not there yet, `labeling ingest` makes it"
    if free < _LEAST_BYTES:
        return CheckFinding("workspace", "doubtful", found, "make room: every pull is kept")
    return CheckFinding("workspace", "good", found)
