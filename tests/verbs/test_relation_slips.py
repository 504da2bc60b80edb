"""A slip in a relation on the real Label Studio: told to its author, quarantined, and no end of a dataset."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import made
import pytest

from labeling.adjudication.adjudicate import adjudicate
from labeling.annotations import Annotation, Span
from labeling.corpora.compile_dataset import compile_dataset
from labeling.project import load_project
from labeling.splits.split import split
from labeling.studio.api.signup import add_user
from labeling.studio.format.tasks import result_of
from labeling.studio.sync.pull import pull
from labeling.studio.sync.push import push
from labeling.studio.sync.status import status
from labeling.workspace import journal

if TYPE_CHECKING:
    from labeling.studio.server.credentials import Credentials

ROOT = Path(__file__).parents[2]
ARTICLE = made.article("wire/slip", "Anna met Carl in Oslo.")
SPANS = (
    Span(id="anna", start=0, end=4, label="PERSON"),
    Span(id="carl", start=9, end=13, label="PERSON"),
    Span(id="oslo", start=17, end=21, label="LOCATION"),
)

pytestmark = [pytest.mark.studio, pytest.mark.usefixtures("written_by_hand")]


def relation(head: str, tail: str, *labels: str) -> dict[str, Any]:
    """A relation as the page stores it."""
    return {"type": "relation", "from_id": head, "to_id": tail, "direction": "right", "labels": [*labels]}


def test_slips_are_told_quarantined_and_stop_no_dataset(tmp_path: Path, studio_of_equals: Credentials) -> None:
    """Ana joins two people by PARTY_TO, and draws a relation without a name; once they are mended, nothing is told."""
    # Where roles hold the layer refuses such a relation.
    equals = studio_of_equals
    project = load_project(ROOT / "configs" / "diplomatic.toml", tmp_path / "workspace")
    workspace = project.workspace
    workspace.articles.write([ARTICLE])
    push(project, server=equals)
    (row,) = journal.load_journal(workspace.pushed.path).values()
    key = add_user(equals, "ana@example.org", "a long pass phrase")
    spans = [*result_of(Annotation(article=ARTICLE.id, digest="", annotator="", spans=SPANS), ARTICLE)]

    def send(method: str, path: str, *relations: dict[str, Any]) -> Any:
        body = {"result": [*spans, *relations]}
        headers = {"Authorization": f"Token {key}"}
        answer = httpx.request(method, equals.url + path, json=body, headers=headers, trust_env=False, timeout=60)
        assert answer.status_code < 300, answer.text
        return answer.json()

    slips = [relation("anna", "carl", "PARTY_TO"), relation("carl", "oslo")]
    sent = send("POST", f"/api/tasks/{row.task}/annotations/", *slips)
    told = status(project, server=equals)
    assert {sentence.split(",")[0] for sentence in told.relation_slips} == {
        "ana in wire/slip: PARTY_TO may not join PERSON to PERSON",
        "ana in wire/slip: it has no label",
    }
    pull(project, server=equals)

    link = f"{equals.url}/projects/{workspace.studio_link.value().project}/data?task={row.task}&own=1"
    assert {(each.reader, each.article, each.relation, each.link) for each in workspace.slips.rows()} == {
        ("ana", ARTICLE.id, "PARTY_TO: 'Anna' to 'Carl'", link),
        ("ana", ARTICLE.id, "?: 'Carl' to 'Oslo'", link),
    }
    adjudicate(project)
    split(project)
    made_dataset = compile_dataset(project)
    assert (made_dataset.spans, made_dataset.relations) == (3, 0)
    card = (Path(made_dataset.folder) / "README.md").read_text(encoding="utf-8")
    assert "gold, relations: in 2, gold 0, merged 0, open 0, decided against 0, quarantined 2" in card

    send("PATCH", f"/api/annotations/{sent['id']}/")
    pull(project, server=equals, changes=True)
    assert not workspace.slips.exists()
    assert status(project, server=equals).relation_slips == ()
