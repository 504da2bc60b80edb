"""Every route and every action that the installed Label Studio has, held against the table of what is open to whom.

A route that another version brings is the owner's alone until it stands in ``routes.txt``; the test names it, and each
thing of Label Studio's own that the layer uses and does not find.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
from base64 import urlsafe_b64encode
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from gate_process import run_behind_gate

from labeling.studio.server.package import GATE_FOLDER, create_database, package_folder

pytestmark = pytest.mark.studio

ROUTES = Path(__file__).with_name("routes.txt")
ACTIONS = {
    "add_data_field",
    "cache_labels",
    "delete_tasks",
    "delete_tasks_annotations",
    "delete_tasks_predictions",
    "next_task",
    "predictions_to_annotations",
    "propagate_annotations",
    "remove_duplicates",
    "rename_labels",
    "retrieve_tasks_predictions",
}
# What the layer's own questions to the database name, by table.
COLUMNS = {
    "organization": "id created_by_id token",
    "organizations_organizationmember": "user_id",
    "htx_user": "id email is_active",
    "project": "id show_instruction expert_instruction",
    "task": "id project_id",
    "task_completion": "id task_id project_id completed_by_id was_cancelled created_at updated_at",
    "tasks_annotationdraft": "id task_id user_id annotation_id was_postponed updated_at",
    "prediction": "id task_id model_version",
    "data_manager_view": "id project_id user_id",
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")

# Run in Label Studio's process: its routes, what each is open for, and what a reader and an adjudicator who ask are
# answered; of an adjudicator two methods a route, since what may be done is told by the same table.
WALK = """
import ast, json, os, re, sys, time
from importlib import import_module
from django.core.wsgi import get_wsgi_application
get_wsgi_application()
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.urls import get_resolver, resolve
from django.urls.exceptions import Resolver404
from labeling_gate.call import normal_route
from labeling_gate.entries import PersonEntry
from labeling_gate.keeping import add_entries
from labeling_gate.permits import PERMITS, least_role

def walk(patterns, prefix=""):
    for each in patterns:
        route = prefix + str(each.pattern)
        if hasattr(each, "url_patterns"):
            yield from walk(each.url_patterns, route)
        else:
            yield route

def uses(gate, vendor):
    # What the layer imports of Label Studio's, in functions too; and which class of a view it builds upon.
    for path in (os.path.join(gate, name) for name in os.listdir(gate) if name.endswith(".py")):
        for node in ast.walk(ast.parse(open(path, encoding="utf-8").read())):
            if isinstance(node, ast.ImportFrom) and not node.level and node.module.partition(".")[0] in vendor:
                yield from ((node.module, each.name) for each in node.names)
    yield from (("tasks.api.TaskListAPI", name) for name in ("get_task_queryset", "filter_queryset"))
    yield from (("projects.api.ProjectTaskListAPI", "filter_queryset"), ("projects.models.Project", "SkipQueue"))
    yield from (("data_manager.models", "View"), ("data_manager.models", "Filter"))

def has(module, name):
    try:
        found = import_module(module)
    except ImportError:
        head, _, last = module.rpartition(".")
        found = getattr(import_module(head), last, None)
    if name == "*" or hasattr(found, name):
        return True
    try:
        return bool(import_module(f"{module}.{name}"))
    except ImportError:
        return False

def columns_of(table):
    with connection.cursor() as cursor:
        return {each.name for each in connection.introspection.get_table_description(cursor, table)}

used = sorted({*uses(sys.argv[2], os.listdir(sys.argv[3]))})
missing = [f"{module}.{name}" for module, name in used if not has(module, name)]
tables = json.loads(sys.argv[4])
for table in tables:
    missing += [f"{table}.{name}" for name in tables[table].split() if name not in columns_of(table)]
users = get_user_model()
people = [users.objects.create(email=f"{n}@x.example", username=n) for n in ("owner", "reader", "lead")]
owner, reader, lead = people
organisation = apps.get_model("organizations", "Organization").create_organization(created_by=owner, title="x")
for each in people:
    organisation.users.add(each)
    each.active_organization = organisation
    each.save()
def log_in(account):
    client = Client(HTTP_ORIGIN="http://testserver", HTTP_HOST="testserver", raise_request_exception=False)
    client.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session["last_login"] = time.time()
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client

# Whoever decides in every project, so that no route is refused for being about none.
add_entries([PersonEntry(0, lead.email, "adjudicator", lead.pk)])
asking = {"reader": log_in(reader), "lead": log_in(lead)}
methods = sys.argv[1].split()
found, answers, acted = {}, [], []
for route in sorted(set(walk(get_resolver().url_patterns))):
    normal = normal_route(route)
    found[normal] = {method: least_role(method, normal) for method in methods}
    path = "/" + re.sub("<(sub_path|path|filename|format|app_label|token|key|entity_name|action_id)>", "x",
        re.sub("<[a-z_]+>", "1", normal))
    for end in ("/", ""):
        try:
            matched = normal_route(resolve(path + end).route)
        except Resolver404:
            continue
        for method in methods:
            # HEAD is judged as GET, and costs as much.
            if method != "HEAD" and least_role(method, matched) == "owner":
                for who, client in asking.items():
                    if who == "reader" or method in ("GET", "DELETE"):
                        answer = client.generic(method, path + end)
                        answers.append([who, method, matched, answer.status_code])
        break
for action in sorted(settings.DATA_MANAGER_ACTIONS):
    for who, client in asking.items():
        answer = client.post(f"/api/dm/actions?id={action}&project=1", "{}", content_type="application/json")
        acted.append([who, action, answer.status_code])
print(json.dumps({
    "routes": found,
    "permits": sorted(f"{method} {route}" for method, route in PERMITS),
    "answers": answers,
    "acted": acted,
    "used": used,
    "missing": missing,
    "actions": sorted(settings.DATA_MANAGER_ACTIONS),
}))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `WALK` prints, of a server with an owner and a reader."""
    data = tmp_path_factory.mktemp("walk")
    create_database(data, lambda _: None)
    path = f"{GATE_FOLDER}{os.pathsep}{package_folder()}"
    words = [" ".join(METHODS), str(GATE_FOLDER / "labeling_gate"), str(package_folder()), json.dumps(COLUMNS)]
    return run_behind_gate(["-c", WALK, *words], data, data, PYTHONPATH=path, LABELING_ROLES="1")


def test_what_the_layer_uses_of_label_studio_is_there(server: dict[str, Any]) -> None:
    """Its modules, classes and columns, each by name: another version says which of them it lacks."""
    version = importlib.metadata.version("label-studio")

    assert server["missing"] == [], f"label-studio {version} lacks what the layer was made for"
    assert ["projects.functions.stream_history", "add_stream_history"] in server["used"]
    assert ["jwt_auth.auth", "TokenAuthenticationPhaseout"] in server["used"]
    assert len(server["used"]) > 12
    assert version == "1.23.2", "the layer was made for another version: whatever else fails here has to be looked at"


def test_label_studio_is_as_its_wheel_brought_it() -> None:
    """No file of it was changed to make the layer work: each of its programs has the digest that its wheel names."""
    # Into that one Label Studio itself writes, as it starts.
    own = "version_.py"
    files = [file for file in importlib.metadata.files("label-studio") or [] if file.suffix == ".py"]
    files = [file for file in files if file.name != own]
    changed = [str(file) for file in files if file.hash and file.hash.value != _digest(file)]

    assert len(files) > 500
    assert changed == []


def _digest(file: importlib.metadata.PackagePath) -> str:
    return urlsafe_b64encode(sha256(file.read_binary()).digest()).rstrip(b"=").decode()


def test_every_route_of_the_server_is_known_by_name(server: dict[str, Any]) -> None:
    """With who may use it, and for what: the file is the whole table, as another version has to be looked at."""
    written = sorted(f"{route}\t{who(least)}" for route, least in server["routes"].items())
    known = ROUTES.read_text(encoding="utf-8").splitlines()

    assert [line for line in written if line not in known] == []
    assert [line for line in known if line not in written] == []
    assert len(known) > 300


def who(least: dict[str, str]) -> str:
    """The methods that are open to others than the owner; HEAD is open where GET is, OPTIONS nowhere."""
    assert (least["HEAD"], least["OPTIONS"]) == (least["GET"], "owner")
    opened = [f"{method} {role}" for method, role in least.items() if role != "owner" and method != "HEAD"]
    return ", ".join(opened) or "owner"


def test_a_permit_is_for_a_route_that_is_there(server: dict[str, Any]) -> None:
    """A route that was renamed leaves no permit behind."""
    assert [each for each in server["permits"] if each.partition(" ")[2] not in server["routes"]] == []


def test_a_reader_is_refused_at_every_other_route_and_method(server: dict[str, Any]) -> None:
    """Asked of the server itself, as somebody who is logged in: 403 from each, whatever the view would say.

    An adjudicator deletes no more than a reader, and exports nothing either.

    Views that look at nobody's log-in know a reader no better than a stranger.
    """
    blind = ("api/token/blacklist", "api/token/refresh", "trigger500")
    # The layer's own take the owner's key, and no log-in at all.
    others = [answer for answer in server["answers"] if answer[2] in blind or answer[2].startswith("labeling/api/")]
    assert [answer for answer in server["answers"] if answer not in others and answer[3] != 403] == []
    assert {status for *_, status in others} <= {302, 401}
    asked = Counter(who for who, *_ in server["answers"])
    assert asked["reader"] > 1500
    assert asked["lead"] > 500
    assert ["lead", "GET", "api/projects/<pk>/export", 403] in server["answers"]


def test_every_action_is_known_by_name(server: dict[str, Any]) -> None:
    """An action that another version brings is the owner's alone; so is each of these but one, whoever else asks."""
    assert set(server["actions"]) == ACTIONS
    # There is no such project: whoever is let through finds nothing.
    opened = sorted((who, action, status) for who, action, status in server["acted"] if status != 403)
    assert opened == [("lead", "next_task", 404), ("reader", "next_task", 404)]
    assert len(server["acted"]) == 2 * len(ACTIONS)
