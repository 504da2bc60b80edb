"""The sections of the page, as its contents list them."""

from __future__ import annotations

from typing import NamedTuple


class Section(NamedTuple):
    """A section: what a link to it ends in, and its title in the contents."""

    id: str
    title: str


CONTENTS = (
    (
        "The work",
        (
            Section("questions", "Twelve questions"),
            Section("progress", "How far"),
            Section("pace", "How fast, when done"),
            Section("next", "What next"),
            Section("worth", "More annotation?"),
            Section("test-set", "The test set"),
        ),
    ),
    (
        "People",
        (
            Section("people", "Who did what"),
            Section("quality", "How good each is"),
            Section("agreement", "Agreement"),
            Section("conflicts", "Open conflicts"),
        ),
    ),
    (
        "Models",
        (
            Section("labels", "Labels"),
            Section("scores", "Scores"),
            Section("errors", "Errors"),
            Section("rounds", "Rounds"),
            Section("calibration", "Calibration"),
            Section("changes", "What changed"),
        ),
    ),
    (
        "Promises",
        (
            Section("lost", "Nothing lost"),
            Section("leaked", "Nothing leaked"),
            Section("unexplained", "Nothing unexplained"),
            Section("gold", "Gold, as drawn"),
        ),
    ),
)
