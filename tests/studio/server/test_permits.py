"""Every route and every action that the installed Label Studio has, held against the table of what is open to whom.

A route that another version brings is the owner's alone until it stands in ``routes.txt``; the test names it.
"""

from __future__ import annotations

import os
from collections import Counter
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
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")

# Run in Label Studio's process: its routes, what each is open for, and what a reader and an adjudicator who ask are
# answered; of an adjudicator one method a route, since what may be done is told by the same table.
WALK = """
import json, re, sys, time
from django.core.wsgi import get_wsgi_application
get_wsgi_application()
from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
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
                    if who == "reader" or method == "DELETE":
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
    "actions": sorted(settings.DATA_MANAGER_ACTIONS),
}))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `WALK` prints, of a server with an owner and a reader."""
    data = tmp_path_factory.mktemp("walk")
    create_database(data, lambda _: None)
    path = f"{GATE_FOLDER}{os.pathsep}{package_folder()}"
    return run_behind_gate(["-c", WALK, " ".join(METHODS)], data, data, PYTHONPATH=path, LABELING_ROLES="1")


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

    An adjudicator deletes no more than a reader.

    Views that look at nobody's log-in know a reader no better than a stranger.
    """
    blind = ("api/token/blacklist", "api/token/refresh", "trigger500")
    # The layer's own take the owner's key, and no log-in at all.
    others = [answer for answer in server["answers"] if answer[2] in blind or answer[2].startswith("labeling/api/")]
    assert [answer for answer in server["answers"] if answer not in others and answer[3] != 403] == []
    assert {status for *_, status in others} <= {302, 401}
    asked = Counter(who for who, *_ in server["answers"])
    assert asked["reader"] > 1500
    assert asked["lead"] > 300


def test_every_action_is_known_by_name(server: dict[str, Any]) -> None:
    """An action that another version brings is the owner's alone; so is each of these but one, whoever else asks."""
    assert set(server["actions"]) == ACTIONS
    # There is no such project: whoever is let through finds nothing.
    opened = sorted((who, action, status) for who, action, status in server["acted"] if status != 403)
    assert opened == [("lead", "next_task", 404), ("reader", "next_task", 404)]
    assert len(server["acted"]) == 2 * len(ACTIONS)
