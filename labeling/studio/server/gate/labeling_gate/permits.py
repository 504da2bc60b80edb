"""The table of what somebody may do who does not own the server: a method and a route -> the least role, and with what.

What the table does not name is the owner's alone: a route that another version of Label Studio brings is closed until
it is looked at here. Of a query and of a body the server gets to see what is named, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

from .caller import ADJUDICATOR, READER

ANYONE = "anyone"

# In rising order.
RANKS = ("", READER, ADJUDICATOR)

# What the answer to a reader is, where it is not Label Studio's as it comes: see `blindness`.
PLAIN, TASK, TASKS, ANNOTATION, ANNOTATIONS, DRAFT, DRAFTS = (
    "plain",
    "task",
    "tasks",
    "annotation",
    "annotations",
    "draft",
    "drafts",
)
PROJECT, PROJECTS, COLUMNS, VIEW, VIEWS, ACTIONS, USERS, NOTHING = (
    "project",
    "projects",
    "columns",
    "view",
    "views",
    "actions",
    "users",
    "nothing",
)


@dataclass(frozen=True)
class Permit:
    """What one method of one route is open for.

    Attributes:
        answer: What its answer is to a reader.
        least: The least role.
        query: The parameters that the view gets to see.
        more: Those that it gets to see besides, of an adjudicator.
        fields: The fields of the body that it gets to see; None: a form of Label Studio's own, left alone.
        own: Whether the annotation, draft or view in the path must be the caller's own. An adjudicator reads others'.
    """

    answer: str = PLAIN
    least: str = READER
    query: frozenset[str] = frozenset()
    more: frozenset[str] = frozenset()
    fields: frozenset[str] | None = frozenset()
    own: bool = False


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


_PAGES = _set("page page_size")
_SUBMITTED = _set("result lead_time was_cancelled draft_id parent_prediction parent_annotation started_at unique_id")
_DRAFTED = _set("result lead_time was_postponed annotation")
_LISTED = _set("project view page page_size query resolve_uri interaction")
_ACTED = _set("filters ordering selectedItems project")

_OPEN = Permit(least=ANYONE, fields=None)
_PAGE = Permit(query=_set("tab task labeling region annotation page"))

PERMITS: dict[tuple[str, str], Permit] = {
    # Files, and what nobody needs an account for.
    ("GET", "sw.js"): _OPEN,
    ("GET", "sw-fallback.js"): _OPEN,
    ("GET", "favicon.ico"): _OPEN,
    ("GET", "label-studio-frontend/<path>"): _OPEN,
    ("GET", "dm/<path>"): _OPEN,
    ("GET", "react-app/<path>"): _OPEN,
    ("GET", "static/fonts/roboto/roboto.css"): _OPEN,
    ("GET", "static/<path>"): _OPEN,
    ("GET", "health"): _OPEN,
    ("GET", "version"): _OPEN,
    ("GET", "api/version"): _OPEN,
    ("GET", "__lsa"): _OPEN,
    # Log-in and sign-up: passwords and invitations are checked there.
    ("GET", "user/login"): _OPEN,
    ("POST", "user/login"): _OPEN,
    ("GET", "user/signup"): _OPEN,
    ("POST", "user/signup"): _OPEN,
    ("GET", "logout"): _OPEN,
    ("GET", "api-auth/login"): _OPEN,
    ("POST", "api-auth/login"): _OPEN,
    ("POST", "api-auth/logout"): _OPEN,
    ("GET", "admin/login"): _OPEN,
    ("POST", "admin/login"): _OPEN,
    ("POST", "api/token/refresh"): _OPEN,
    # Pages.
    ("GET", ""): _PAGE,
    ("GET", "projects"): _PAGE,
    ("GET", "projects/<pk>"): _PAGE,
    ("GET", "projects/<pk>/data"): _PAGE,
    # The layer's own: everybody sees what is for them.
    ("GET", "labeling/decided"): Permit(),
    ("GET", "user/account"): _PAGE,
    ("GET", "user/account/<sub_path>"): _PAGE,
    ("POST", "user/account"): Permit(fields=None),
    ("POST", "user/account/<sub_path>"): Permit(fields=None),
    ("GET", "docs/api"): Permit(),
    ("GET", "docs/api/schema/swagger-ui"): Permit(),
    ("GET", "docs/api/schema/redoc"): Permit(),
    ("GET", "data/avatars/<path>"): Permit(),
    # Oneself.
    ("GET", "api/current-user/whoami"): Permit(),
    ("GET", "api/current-user/token"): Permit(),
    ("POST", "api/current-user/reset-token"): Permit(),
    ("GET", "api/current-user/hotkeys"): Permit(),
    ("PATCH", "api/current-user/hotkeys"): Permit(fields=_set("custom_hotkeys")),
    ("GET", "api/current-user/product-tour"): Permit(query=_set("name")),
    ("PATCH", "api/current-user/product-tour"): Permit(query=_set("name"), fields=_set("name state interaction_data")),
    ("GET", "api/token"): Permit(),
    ("POST", "api/token"): Permit(),
    ("POST", "api/token/blacklist"): _OPEN,
    ("POST", "api/token/rotate"): Permit(fields=_set("refresh")),
    ("GET", "api/jwt/settings"): Permit(),
    ("GET", "api/users"): Permit(USERS),
    ("GET", "api/users/<pk>"): Permit(),
    ("PATCH", "api/users/<pk>"): Permit(fields=_set("first_name last_name phone allow_newsletters")),
    # Projects, without what others did there.
    ("GET", "api/projects"): Permit(PROJECTS, query=_PAGES | _set("ids title search filter include ordering")),
    ("GET", "api/projects/counts"): Permit(PROJECTS, query=_PAGES | _set("ids title search filter include ordering")),
    ("GET", "api/projects/<pk>"): Permit(PROJECT),
    ("GET", "api/dm/project"): Permit(PROJECT, query=_set("project")),
    ("GET", "api/dm/columns"): Permit(COLUMNS, query=_set("project")),
    ("GET", "api/dm/views"): Permit(VIEWS, query=_set("project")),
    ("GET", "api/dm/views/<pk>"): Permit(VIEW),
    ("POST", "api/dm/views"): Permit(VIEW, fields=_set("project data")),
    ("PATCH", "api/dm/views/<pk>"): Permit(VIEW, fields=_set("project data"), own=True),
    ("PUT", "api/dm/views/<pk>"): Permit(VIEW, fields=_set("project data"), own=True),
    ("DELETE", "api/dm/views/<pk>"): Permit(own=True),
    ("GET", "api/dm/actions"): Permit(ACTIONS, query=_set("project")),
    # Which action it is decides: see `roles.ACTIONS_OF_READERS`.
    ("POST", "api/dm/actions"): Permit(TASK, query=_set("id project tabID view"), fields=_ACTED),
    # Of what a project's owner connected, nothing; the layer's own answers where the project has `[assist]`.
    ("GET", "api/ml"): Permit(NOTHING, query=_set("project")),
    ("POST", "api/ml/<pk>/interactive-annotating"): Permit(fields=_set("task context")),
    # The page asks, and shows an error when it is refused.
    ("GET", "api/label_links"): Permit(NOTHING, query=_PAGES | _set("project expand")),
    # Tasks, and one's own words on them.
    ("GET", "api/tasks"): Permit(TASKS, query=_LISTED, more=_set("fields include")),
    ("GET", "api/tasks/<pk>"): Permit(TASK, query=_set("resolve_uri annotations_stub interaction")),
    ("GET", "api/projects/<pk>/next"): Permit(TASK),
    ("GET", "api/projects/<pk>/label-stream-history"): Permit(),
    ("GET", "api/tasks/<pk>/annotations"): Permit(ANNOTATIONS),
    ("POST", "api/tasks/<pk>/annotations"): Permit(ANNOTATION, query=_set("was_cancelled"), fields=_SUBMITTED),
    ("GET", "api/annotations/<pk>"): Permit(ANNOTATION, own=True),
    ("PATCH", "api/annotations/<pk>"): Permit(ANNOTATION, fields=_SUBMITTED, own=True),
    ("PUT", "api/annotations/<pk>"): Permit(ANNOTATION, fields=_SUBMITTED, own=True),
    ("DELETE", "api/annotations/<pk>"): Permit(own=True),
    ("POST", "api/annotations/<pk>/convert-to-draft"): Permit(DRAFT, own=True),
    ("GET", "api/tasks/<pk>/drafts"): Permit(DRAFTS),
    ("POST", "api/tasks/<pk>/drafts"): Permit(DRAFT, fields=_DRAFTED),
    ("GET", "api/tasks/<pk>/annotations/<annotation_id>/drafts"): Permit(DRAFTS),
    ("POST", "api/tasks/<pk>/annotations/<annotation_id>/drafts"): Permit(DRAFT, fields=_DRAFTED),
    ("GET", "api/drafts/<pk>"): Permit(DRAFT, own=True),
    ("PATCH", "api/drafts/<pk>"): Permit(DRAFT, fields=_DRAFTED, own=True),
    ("PUT", "api/drafts/<pk>"): Permit(DRAFT, fields=_DRAFTED, own=True),
    ("DELETE", "api/drafts/<pk>"): Permit(own=True),
    # What an adjudicator sees of a project besides.
    ("GET", "api/projects/<pk>/tasks"): Permit(least=ADJUDICATOR, query=_PAGES),
    ("GET", "api/projects/<pk>/summary"): Permit(least=ADJUDICATOR),
    ("GET", "api/predictions"): Permit(least=ADJUDICATOR, query=_set("task project")),
    ("GET", "api/predictions/<pk>"): Permit(least=ADJUDICATOR),
    ("GET", "api/tasks/<pk>/agreement"): Permit(least=ADJUDICATOR),
    ("GET", "api/projects/<pk>/model-versions"): Permit(least=ADJUDICATOR),
}

# Actions of the Data Manager, by their id. The others are the owner's.
ACTIONS_OF_READERS = frozenset({"next_task"})


def permit_of(method: str, route: str) -> Permit | None:
    """What is open to others than the owner; None: nothing."""
    return PERMITS.get(("GET" if method == "HEAD" else method, route))


def least_role(method: str, route: str) -> str:
    """Who may at least do this: ``anyone``, ``reader``, ``adjudicator`` or ``owner``."""
    permit = permit_of(method, route)
    return permit.least if permit else "owner"
