"""A program in a process of Label Studio's, with the gate before it and nothing of ours beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def run_behind_gate(words: list[str], folder: Path, data: Path, **environment: str) -> dict[str, Any]:
    """The object that Python, called with these words in ``folder``, prints as its last line."""
    done = subprocess.run(
        [sys.executable, *words],
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "labeling_gate.settings",
            "LABEL_STUDIO_BASE_DATA_DIR": str(data),
            "DJANGO_DB": "sqlite",
            "LATEST_VERSION_CHECK": "false",
            "SENTRY_DSN": "",
            "COLLECT_ANALYTICS": "false",
            "ALLOWED_HOSTS": "testserver",
            "LOG_LEVEL": "CRITICAL",
            "GIT_DIR": os.devnull,
            **environment,
        },
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))
