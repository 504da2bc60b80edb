"""Which files of a workspace are checked when they are read, what each follows from, and who mends it."""

from __future__ import annotations

from labeling.workspace.table import described

LATEST_MANIFEST = "corpora/latest/manifest.json"
# What people may write as they like, besides the project file and the rules that it names.
FREE_FILES = frozenset({"suggestions.jsonl"})
# What mends itself: where these are others than were left, the next push asks the server for all its tasks, and the
# next pull, or a restore, reads everything.
SELF_MENDING = frozenset({"studio.json", "pushed.jsonl", "pulled.jsonl", "pulled.json"})
# These two have several authors: a server, and the annotators of each import.
IN_PARTS = frozenset({"annotations.jsonl", "quarantine.jsonl"})
# To run their verbs again would carry a change along, so only their owner can put them right.
CARRIED_ALONG = frozenset(
    {
        "articles.jsonl",
        "forgotten.jsonl",
        "assignments.jsonl",
        "asked.jsonl",
        "guideline-versions.jsonl",
        "imported.jsonl",
        "decisions.jsonl",
        "first.jsonl",
        "layer.jsonl",
        "audit.jsonl",
        "signed.jsonl",
        "splits.jsonl",
        "stream.jsonl",
        "projected.jsonl",
        "begun.jsonl",
        "actions.jsonl",
        "rounds.jsonl",
        "offered.jsonl",
    }
)
# Their verbs read what was there, and write it again with what is new.
CARRIED_OVER = IN_PARTS | CARRIED_ALONG
# A workspace may never have had these. Where one is gone that was there, its readers would go on with less than people
# have said and were asked, with fewer shared passages than there are, or with what was forgotten.
GAP_FILES = IN_PARTS | {
    "forgotten.jsonl",
    "assignments.jsonl",
    "asked.jsonl",
    "imported.jsonl",
    "signed.jsonl",
    "decisions.jsonl",
    "first.jsonl",
    "layer.jsonl",
    "audit.jsonl",
    "clusters.jsonl",
    "passages.jsonl",
    "conflicts.jsonl",
    "stream.jsonl",
}
# Sound at every moment of their verbs: what a killed one left may be read.
ALWAYS_SOUND = frozenset({"asked.jsonl", "guideline-versions.jsonl", "users.json"})
# Gold, its account and its splits: a dataset of such as are stale would hold what nobody decided. Doubts about gold of
# before ask what is settled.
NEVER_STALE = frozenset(
    {"gold.jsonl", "conflicts.jsonl", "ledger.jsonl", "splits.jsonl", "leakage.json", "doubts.jsonl"}
)
_SAID = ("annotations.jsonl", "quarantine.jsonl", "asked.jsonl", "imported.jsonl")
# A source that most workspaces come to have only after what is made from it: then that is stale.
COMES_LATER = frozenset({"decisions.jsonl"})
_DECIDED = (*_SAID, "decisions.jsonl")
# What each file follows from: made from others than are there now, it is stale.
MADE_FROM: dict[str, tuple[str, ...]] = {
    "passages.jsonl": ("articles.jsonl",),
    "clusters.jsonl": ("articles.jsonl",),
    "projected.jsonl": ("annotations.jsonl",),
    # Without first words, in a workspace of before, it was measured on annotations.
    "agreement.json": ("first.jsonl", *_SAID),
    "gold.jsonl": _DECIDED,
    "conflicts.jsonl": _DECIDED,
    "ledger.jsonl": _DECIDED,
    "audit.json": ("gold.jsonl",),
    "doubts.jsonl": ("gold.jsonl", "decisions.jsonl"),
    "splits.jsonl": ("gold.jsonl",),
    "leakage.json": ("gold.jsonl", "splits.jsonl"),
    "reliance.json": ("gold.jsonl", "splits.jsonl"),
    LATEST_MANIFEST: ("gold.jsonl", "ledger.jsonl", "splits.jsonl"),
    "trust.json": ("gold.jsonl", "splits.jsonl"),
    "scores.json": (LATEST_MANIFEST,),
    "mistakes.jsonl": (LATEST_MANIFEST,),
    "curve.json": (LATEST_MANIFEST,),
}


def list_checked_files() -> list[str]:
    """The names of the files that are checked when they are read, in the order of the journey."""
    unchecked = FREE_FILES | SELF_MENDING | {"custody.jsonl"}
    return [file.name for _, file in described() if file.name not in unchecked]


def may_go_on(author: str, name: str, reader: str) -> bool:
    """Whether a verb may read a file that another one may have been writing when it was killed."""
    if reader == author:
        return True
    # Articles are whole whoever wrote them; of annotations a pull makes all anew.
    if name == "articles.jsonl":
        return {author, reader} <= {"ingest", "import"}
    # First words are added, and whole at every moment.
    if name == "first.jsonl":
        return {author, reader} <= {"pull", "import", "restore"}
    # What the layer kept is added to, too.
    if name in ("layer.jsonl", "audit.jsonl"):
        return {author, reader} <= {"pull", "restore"}
    # Each of them may be left with no server to finish its work at.
    if name == "signed.jsonl":
        return {author, reader} <= {"pull", "push", "restore"}
    return name in ALWAYS_SOUND or (reader == "pull" and name in IN_PARTS)
