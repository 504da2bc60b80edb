"""The installed Label Studio package: where it is, what environment it runs in, and a migrated database to start from.

An empty database takes Label Studio most of a minute to migrate, and the result is the same each time. So the package's
own ``migrate`` is run once per version; the file it leaves, made before any user or organisation exists, is kept in the
user's cache and copied into every fresh workspace.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from labeling.errors import DataFolderUnusable, NoRoom, ServerDidNotStart, ServerPackageMissing
from labeling.workspace.storage import replace_file

if TYPE_CHECKING:
    from collections.abc import Callable

DATABASE = "label_studio.sqlite3"
# What stands before Label Studio: this folder on the server's path, and the settings module that the package in it has.
GATE_FOLDER = Path(__file__).with_name("gate")
_GATE = "labeling_gate"
ROLES = "LABELING_ROLES"

# Raised when a template is made in another way, so that templates of before are left alone.
_TEMPLATE = 1
_SCRATCH = ".migrating-"  # folders in which a template is made
# The tables that have rows only when somebody has been there.
_OF_PEOPLE = re.compile("user|token|session|organization|project|task")
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH

# Label Studio reads some two hundred settings from variables without a prefix too ($PORT, $HOST, $DEBUG, $CI ...): so
# only what a Python process needs is handed on.
_HANDED_ON = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "PYTHONPATH",
    "SYSTEMROOT",
    "LD_LIBRARY_PATH",
)

_SETTINGS = {
    "ALLOWED_HOSTS": "127.0.0.1,localhost",  # no page from elsewhere, by no trick with names
    "COLLECT_ANALYTICS": "false",
    "CORS_ALLOW_ALL_ORIGINS": "false",
    "DISABLE_SIGNUP_WITHOUT_LINK": "true",
    "ENABLE_LEGACY_API_TOKEN": "true",
    "FRONTEND_SENTRY_DSN": "",
    "LATEST_VERSION_CHECK": "false",
    "LOCAL_FILES_SERVING_ENABLED": "false",  # else it looks for a folder of the machine to serve
    "LOG_LEVEL": "WARNING",
    "SENTRY_DSN": "",
}


def package_folder() -> Path:
    """The folder of the installed package, found without importing it.

    Raises:
        ServerPackageMissing: It is not installed here.
    """
    # The package is found without running any of it.
    spec = importlib.util.find_spec("label_studio")
    if spec is None or not spec.submodule_search_locations:
        raise ServerPackageMissing(
            "the embedded Label Studio is not installed in this Python environment",
            todo="install it with `pip install 'labeling[server]'`, or name a server of your own in LABEL_STUDIO_URL",
            where=sys.prefix,
        )
    return Path(spec.submodule_search_locations[0])


def make_environment(data: Path) -> dict[str, str]:
    """The whole environment of a Label Studio process with its data in ``data``: only the basics are the user's."""
    kept = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
    settings = {f"LABEL_STUDIO_{name}": value for name, value in _SETTINGS.items()}
    # The log level alone is read without its prefix. At every export Label Studio asks git five times which version it
    # is; where .venv lies in somebody's repository it believes the answer, and writes it into its own package.
    bare = {"LOG_LEVEL": _SETTINGS["LOG_LEVEL"], "GIT_DIR": os.devnull}
    return {**kept, **settings, **bare, "LABEL_STUDIO_BASE_DATA_DIR": str(data)}


def gate_environment(environment: dict[str, str]) -> dict[str, str]:
    """An environment in which Label Studio runs behind the gate, with roles: its owner is not everybody's equal.

    The gate is named, never imported: it runs in Label Studio's process, and nowhere else.
    """
    path = os.pathsep.join(filter(None, [str(GATE_FOLDER), environment.get("PYTHONPATH", "")]))
    return {**environment, "PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": f"{_GATE}.settings", ROLES: "1"}


def gate_version() -> str:
    """The version of the gate that comes with this package: the digest that the gate itself computes of its files."""
    digest = hashlib.sha256()
    for path in sorted((GATE_FOLDER / _GATE).glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def create_database(data: Path, say: Callable[[str], None]) -> None:
    """Put a migrated database without users into ``data``; make the template first when this version has none.

    Without a cache that can be written, nothing is put there: Label Studio then migrates by itself.

    Raises:
        ServerDidNotStart: Label Studio's own migration failed.
    """
    try:
        template = _database_template(say)
    except (OSError, NoRoom) as error:
        say(f"No migrated database can be kept ({error}); the first start takes about a minute")
        return
    with replace_file(data / DATABASE, mode=0o600) as temporary:
        shutil.copyfile(template, temporary)


def check_database(database: Path) -> None:
    """See whether a database is sound, Label Studio's, and ours to write.

    Raises:
        DataFolderUnusable: It is damaged, something else, or closed to us.
    """
    try:
        # Opened for writing, because only then does SQLite finish what a killed server left half done.
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=rw", uri=True)) as connection:
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            connection.execute("SELECT name FROM django_migrations LIMIT 1")
    except sqlite3.Error as error:
        verdict = str(error)
    # SQLite opens a file that may only be read without complaint.
    if verdict == "ok" and not os.access(database, os.W_OK):
        verdict = "it may not be written"
    if verdict != "ok":
        raise DataFolderUnusable(
            f"{database} cannot be used as Label Studio's database: {verdict}",
            todo="put a backup in its place, or move the folder away to begin with an empty server",
            where=str(database),
        )


def count_accounts(database: Path) -> int:
    """How many accounts a server's database has; none when it cannot be read just now."""
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT COUNT(*) FROM organizations_organizationmember").fetchone()[0])
    except sqlite3.Error:
        return 0


def read_log_tail(log: Path, secrets: tuple[str, ...] = ()) -> str:
    """The last lines of a log, indented, with every secret blotted out."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    for secret in secrets:
        # Logs are shown to people, and pasted into tickets.
        text = text.replace(secret, "***")
    return "".join(f"\n    {line}" for line in text.splitlines()[-12:])


def _cache_folder() -> Path:
    import platformdirs

    named = os.environ.get("LABELING_CACHE")
    return Path(named) if named else platformdirs.user_cache_path("labeling")


def _database_template(say: Callable[[str], None]) -> Path:
    from filelock import FileLock

    version = importlib.metadata.version("label-studio")
    # One for each version, because each has migrations of its own.
    template = _cache_folder() / f"label-studio-{version}-{_TEMPLATE}.sqlite3"
    template.parent.mkdir(parents=True, exist_ok=True)
    # Two first starts on one machine make it once: the second waits here.
    with FileLock(template.with_suffix(".lock")):
        if not _is_sound(template):
            say(f"Preparing the database of Label Studio {version}: once on this machine, about a minute")
            _migrate(template)
    return template


def _is_sound(template: Path) -> bool:
    """Whether a template is ours alone to write, a database, and without people and their work.

    Whoever is in it would be in every new server: a key without a user would be that of the first one there.
    """
    try:
        found = template.lstat()
        ours = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & _OTHERS_WRITE
        if not ours:
            return False
        check_database(template)
        with closing(sqlite3.connect(f"{template.as_uri()}?mode=ro", uri=True)) as connection:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            kept = [name for name in tables if _OF_PEOPLE.search(name)]
            filled = [name for name in kept if connection.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone()]  # noqa: S608 - the names are the database's own
    except (DataFolderUnusable, OSError, sqlite3.Error):
        return False
    return bool(kept) and not filled


def _migrate(template: Path) -> None:
    manage = package_folder() / "manage.py"
    for left in template.parent.glob(f"{_SCRATCH}*"):  # by one that was killed: nobody else is migrating now
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=template.parent, prefix=_SCRATCH) as scratch:
        log = Path(scratch) / "log"
        with log.open("wb") as out:
            done = subprocess.run(
                [sys.executable, str(manage), "migrate", "--no-color", "--verbosity", "0"],
                cwd=scratch,
                env=make_environment(Path(scratch)),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            raise ServerDidNotStart(
                f"Label Studio could not make its database (status {done.returncode}):{read_log_tail(log)}",
                todo="see the lines above; reinstall with `pip install --force-reinstall 'labeling[server]'`",
                where=str(manage),
            )
        with replace_file(template, mode=0o600) as temporary:
            shutil.copyfile(Path(scratch) / DATABASE, temporary)
