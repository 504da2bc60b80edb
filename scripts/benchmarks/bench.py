"""What every section is given: how much to measure, a folder to do it in, the articles, and a server when it asks."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import click

from benchmarks.newswire import labelled
from labeling.project import load_project
from labeling.studio.server.server import run_embedded_server

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from benchmarks.newswire import Labelled
    from labeling.project import Project
    from labeling.studio.server.credentials import Credentials


@dataclass
class Bench:
    """One run of the benchmarks. What ``closing`` holds ends with the run: the server, if one was asked for.

    ``notes`` are said below the table.
    """

    folder: Path
    articles: int
    runs: int
    closing: ExitStack = field(default_factory=ExitStack)
    notes: list[str] = field(default_factory=list)

    def say(self, step: str) -> None:
        """Tell, on stderr, what is being done."""
        click.echo(f"  {step}", err=True)

    @cached_property
    def corpus(self) -> list[Labelled]:
        """The articles that are measured on; the same in every section and every run."""
        return list(labelled(self.articles))

    @cached_property
    def characters(self) -> int:
        """The code points of all texts together."""
        return sum(len(each.article.text) for each in self.corpus)

    @cached_property
    def server(self) -> Credentials:
        """An embedded Label Studio, started by the first section that asks for it."""
        self.say("starting a Label Studio")
        return self.closing.enter_context(run_embedded_server(self.project("server").workspace))

    def caller(self) -> httpx.Client:
        """A bare client of that server, for floors: no SDK, nothing of ours."""
        import httpx

        headers = {"Authorization": f"Token {self.server.api_key}"}
        return httpx.Client(base_url=self.server.url, headers=headers, timeout=900, trust_env=False)

    def project(self, name: str) -> Project:
        """The shipped project in a workspace of its own."""
        return load_project(workspace=self.folder / name)

    def ingested(self, name: str) -> Project:
        """Such a project with all articles in it."""
        project = self.project(name)
        project.workspace.articles.write(each.article for each in self.corpus)
        return project
