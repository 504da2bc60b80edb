"""A page of another port on the same host, in the browser of an annotator at work: on the embedded server.

The browser sends the session along with that page's form, since a cookie knows no ports. `test_production` does the
same on a team's server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from labeling.articles import Article
from labeling.project import load_project
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import push
from labeling.values import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from labeling.studio.server.credentials import Credentials

pytestmark = [pytest.mark.studio, pytest.mark.browser]

TEXT = "Ana Duarte spoke in Oslo."
ARTICLE = Article(id="wire/foreign", text=TEXT, digest=digest_of(TEXT), source="Harbour Times", title="A talk")


def test_a_foreign_form_is_refused_and_the_annotators_work_goes_on(
    foreign_form: Callable[..., Any], studio: Credentials, tmp_path: Path
) -> None:
    """Half-way through an article another tab sends the form: the task is there, and Submit stores the annotation."""
    project = load_project(workspace=tmp_path)
    project.workspace.articles.write([ARTICLE])
    number = push(project, server=studio).project

    visit = foreign_form(studio, number, None)
    pull(project, server=studio)
    (annotation,) = project.workspace.annotations.rows()

    # The session went along, as it did when Label Studio stood alone and answered that it had deleted the task.
    assert "sessionid=" in visit.cookie
    assert (visit.status, visit.submitted) == (403, 201)
    assert "nothing was changed" in visit.shown
    assert annotation.choices == {"event": ("CONSULT",)}


def test_no_page_of_the_server_is_shown_in_a_frame(framed: tuple[list[str], list[str]]) -> None:
    """A foreign page that lays the server's page under the mouse gets an empty frame, and the console says why."""
    texts, complaints = framed

    assert len(texts) == 1
    assert "Projects" not in texts[0]
    assert any("frame" in complaint.lower() for complaint in complaints)
