"""Offers for a Label Studio that is not ours: the routes that it calls, as it calls them, without a server."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import Client, TestResponse

from labeling.errors import UsageError
from labeling.project import AssistSection, load_project
from labeling.studio.server.assist import assist
from labeling.studio.server.assist_backend import MODEL, AssistBackend

TEXT = "😀 Anna met Bob in Rome. ANNA left Rome."
ANNA, ROME = TEXT.index("Anna"), TEXT.index("Rome")


def region(start: int, words: int, label: str, name: str, **more: Any) -> dict[str, Any]:
    """A region as the page sends it."""
    value = {"start": start, "end": start + words, "labels": [label]}
    return {"id": name, "from_name": "label", "to_name": "text", "type": "labels", "value": value, **more}


def predict(client: Client, *rows: Any, task: dict[str, Any] | None = None) -> list[tuple[int, str]]:
    """What is offered when the page of a task shows these rows: where, and the label."""
    tasks = [{"id": 7, "data": {"text": TEXT}, "annotations": [], "drafts": [], "predictions": [], **(task or {})}]
    body = {"tasks": tasks, "project": "1.17", "params": {"context": {"result": [*rows]}}}
    (result,) = client.post("/predict", json=body).get_json()["results"]
    return [(row["value"]["start"], row["value"]["labels"][0]) for row in result["result"]]


def test_it_answers_what_label_studio_asks() -> None:
    """Health, set-up with somebody's token, versions, training and predictions of no page; nothing else."""
    client = Client(AssistBackend(AssistSection()))
    assert client.get("/health").get_json() == {"status": "UP", "model_class": MODEL}
    setup = client.post("/setup", json={"project": "1.17", "schema": "<View/>", "access_token": "secret"})
    assert setup.get_json() == {"model_version": MODEL}
    assert client.get("/versions?project=1.17").get_json() == {"versions": [MODEL]}
    assert client.post("/webhook", json={"action": "START_TRAINING"}).status_code == 200
    plain = client.post(
        "/predict", json={"tasks": [{"id": 1, "data": {"text": TEXT}}] * 2, "params": {"context": None}}
    )
    assert [each["result"] for each in plain.get_json()["results"]] == [[], []]
    statuses = (client.get("/elsewhere").status_code, client.get("/predict").status_code)
    assert (*statuses, client.post("/predict", data="{").status_code) == (404, 405, 400)


def test_it_offers_what_the_layer_offers_to_each_person_alone() -> None:
    """Mentions once; what was removed not again; another person, whose regions have other ids, all of them."""
    client = Client(AssistBackend(AssistSection()))
    anna = region(ANNA, 4, "PERSON", "x1", origin="manual")
    again = [(TEXT.index("ANNA"), "PERSON")]
    assert predict(client, anna) == again
    assert predict(client, anna) == []
    assert predict(client, region(ANNA, 4, "PERSON", "y1")) == again
    # Known again by a draft, when another label is drawn.
    draft = {"drafts": [{"result": [anna, region(ROME, 4, "PLACE", "x2")]}]}
    assert predict(client, region(ROME, 4, "PLACE", "x2"), task=draft) == [(TEXT.rindex("Rome"), "PLACE")]
    assert predict(client, region(ROME, 4, "PLACE", "x2")) == []


def test_a_model_is_asked_by_a_note() -> None:
    """For the suggestions that Label Studio sends along; not where the project leaves them out."""
    said = {"predictions": [{"result": [region(TEXT.index("Bob"), 3, "PERSON", "p1")]}]}
    note = {"id": "x1", "from_name": "note", "type": "textarea", "value": {"text": ["model?"]}}
    asked = (region(TEXT.index("ANNA"), 4, "PERSON", "x1"), note)
    bob = (TEXT.index("Bob"), "PERSON")
    assert predict(Client(AssistBackend(AssistSection(mentions=False))), *asked, task=said) == [bob]
    assert bob not in predict(Client(AssistBackend(AssistSection(model=False))), *asked, task=said)


def test_a_password_is_asked_for() -> None:
    """Where one is set, by whatever name it is sent; an address that others reach needs one."""
    client = Client(AssistBackend(AssistSection(), "a secret"))

    def health(sent: str) -> TestResponse:
        return client.get("/health", headers={"Authorization": sent})

    good = "Basic " + base64.b64encode(b"studio:a secret").decode()
    assert [health(sent).status_code for sent in ("", "Basic !", "Bearer a secret", good)] == [401, 401, 401, 200]


@pytest.mark.parametrize(
    ("section", "host"), [("", "127.0.0.1"), ("[assist]", "192.0.2.1"), ("[assist]", "assist.example")]
)
def test_it_serves_nobody_by_mistake(tmp_path: Path, section: str, host: str) -> None:
    """Neither a project without `[assist]`, nor others without a password."""
    config = tmp_path / "project.toml"
    shipped = Path("configs/diplomatic.toml").read_text(encoding="utf-8")
    config.write_text(f"{shipped}\n{section}\n", encoding="utf-8")
    with pytest.raises(UsageError):
        assist(load_project(config, workspace=tmp_path), host=host)


NAMES = ["result", "value", "id", "labels", "data", "text", "tasks", "params", "context", "drafts", "type", "start"]
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=15,
)


@given(JSON, JSON, JSON)
def test_odd_requests_are_answered(body: Any, task: Any, context: Any) -> None:
    """Whatever they hold, and a row for each task that they name."""
    client = Client(AssistBackend(AssistSection()))
    assert client.post("/predict", json=body).status_code == 200
    asked = {"tasks": [task, {"id": 1, "data": {"text": TEXT}, "drafts": task}], "params": {"context": context}}
    assert len(client.post("/predict", json=asked).get_json()["results"]) == 2
