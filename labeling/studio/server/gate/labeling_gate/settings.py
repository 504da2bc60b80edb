"""Label Studio's settings with the gate before everything: what DJANGO_SETTINGS_MODULE names."""

import os

# Read from the environment when the settings are: the page's bar shows how far its reader is, as the server counts it,
# and not how many articles this visit has seen.
os.environ.setdefault("fflag_fix_all_optic_79_task_count_is_wrong_short", "true")

# Both, in this order: Label Studio has its settings under two names, and fills in the first when it is read.
from core.settings.base import *  # noqa: F403 - settings are the names of this module
from label_studio.core.settings import label_studio as _vendor
from label_studio.core.settings.label_studio import *  # noqa: F403 - the same

# First of all, so that each answer passes here on its way out, the server's own errors too; and last of all, where
# the caller is known and the view is next.
MIDDLEWARE = ["labeling_gate.middleware.Gate", *_vendor.MIDDLEWARE, "labeling_gate.middleware.Door"]
# First as well: whatever page takes a password, it is these that are asked whether it is the right one.
AUTHENTICATION_BACKENDS = ["labeling_gate.guessing.GuessingBackend", *_vendor.AUTHENTICATION_BACKENDS]

# Label Studio's addresses, and the layer's own.
ROOT_URLCONF = "labeling_gate.addresses"

# How many proxies stand before this server, each of which adds to X-Forwarded-For who called it. What anybody else
# writes there counts for nothing.
LABELING_PROXIES = int(os.environ.get("LABELING_PROXIES", "0"))

# Whether owner, adjudicators and readers differ here; without, every member may do everything, as in Label Studio.
LABELING_ROLES = os.environ.get("LABELING_ROLES", "").strip().lower() in {"1", "true", "yes", "on"}

# The lines of Label Studio's own server have whole addresses, and an invitation is a part of one.
LOGGING = {
    **_vendor.LOGGING,
    "filters": {**_vendor.LOGGING.get("filters", {}), "hide_tokens": {"()": "labeling_gate.log_lines.HideTokens"}},
    "loggers": {
        **_vendor.LOGGING["loggers"],
        "django.server": {"handlers": ["console"], "propagate": False, "filters": ["hide_tokens"]},
    },
}
