"""Superseded suggestions go from the page where nobody has begun the article; where somebody has, all stays as it is.

So whoever reads second has what the first one had. What goes is looked up on the server, and is only what we sent.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from math import isclose
from typing import TYPE_CHECKING

from labeling.studio.api.remote import RemoteSuggestion
from labeling.workspace.rows.server_state import TextKey

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from labeling.studio.api.client import Studio
    from labeling.studio.api.layer import Layer
    from labeling.studio.sync.offered_record import OfferedRecord
    from labeling.studio.sync.push_plan import PushQueue
    from labeling.workspace.rows.server_state import PushedTask


@dataclass(frozen=True)
class Replacement:
    """What is to be done: suggestions ``stale`` by text, texts that are ``missing`` one, and what ``there`` is of ours.

    Texts whose article is begun are in neither.
    """

    stale: Mapping[TextKey, tuple[RemoteSuggestion, ...]] = field(default_factory=dict)
    missing: tuple[TextKey, ...] = ()
    there: Mapping[TextKey, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Superseding:
    """The suggestions of one project on a server, and the record of what we sent there.

    ``layer`` tells what is begun, and removes; without one, tasks are looked at for annotations and drafts. Where
    Label Studio itself orders by score, ``counts_score``: then a suggestion with another score is another one.
    """

    studio: Studio
    project: int
    record: OfferedRecord
    layer: Layer | None = None
    counts_score: bool = False

    def plan(
        self,
        texts: Collection[TextKey],
        wanted: Mapping[TextKey, str],
        queue: PushQueue,
        known: Mapping[TextKey, PushedTask],
    ) -> Replacement:
        """What of the joined suggestions has to go and to come, for these texts; ``wanted`` are their digests."""
        sent = [text for text in texts if text in known and known[text].task is not None]
        if not self.counts_score and all(self._is_settled(known[text], wanted.get(text), queue) for text in sent):
            return Replacement()
        there = self._list_there()
        stale, missing = dict[TextKey, tuple[RemoteSuggestion, ...]](), list[TextKey]()
        for text in sent:
            ours = [
                each for each in there[known[text].task or 0] if self.record.is_ours(text[0], each.model, each.digest)
            ]
            good = [each for each in ours if self._is_good(each, text, wanted, queue)][:1]
            if len(ours) > len(good):
                stale[text] = tuple(each for each in ours if each not in good)
            if text in wanted and not good:
                missing.append(text)
        begun = self._find_begun([known[text].task or 0 for text in {*stale, *missing}])
        kept = {text for text in {*stale, *missing} if known[text].task in begun}
        return Replacement(
            stale={text: each for text, each in stale.items() if text not in kept},
            missing=tuple(text for text in missing if text not in kept),
            there={text: {each.model: each.digest for each in there[known[text].task or 0]} for text in kept},
        )

    def remove(self, suggestions: Sequence[RemoteSuggestion]) -> set[int]:
        """Remove suggestions; the tasks of those that stay, because somebody has begun there meanwhile."""
        if not suggestions:
            return set()
        if self.layer is not None:
            return self.layer.remove_superseded(self.project, [each.number for each in suggestions])
        gone = Counter(each.model for each in suggestions)
        all_there = Counter(each.model for each in self.studio.list_removable(self.project))
        for model in sorted(gone):
            if gone[model] == all_there[model]:
                # One request, where it takes nothing else along.
                self.studio.remove_suggestions(self.project, model)
                continue
            for each in suggestions:
                if each.model == model:
                    self.studio.remove_suggestion(each.number)
        return set()

    def _is_settled(self, row: PushedTask, wanted: str | None, queue: PushQueue) -> bool:
        ours = {
            model: digest for model, digest in row.suggested.items() if self.record.is_ours(row.article, model, digest)
        }
        return ours == ({} if wanted is None else {queue.joined: wanted})

    def _is_good(self, each: RemoteSuggestion, text: TextKey, wanted: Mapping[TextKey, str], queue: PushQueue) -> bool:
        if each.model != queue.joined or each.digest != wanted.get(text):
            return False
        score = queue.score_of(queue.suggested(text[0])[each.model]) if self.counts_score else each.score
        return score == each.score or (score is not None and each.score is not None and isclose(score, each.score))

    def _list_there(self) -> defaultdict[int, list[RemoteSuggestion]]:
        there = defaultdict[int, list[RemoteSuggestion]](list)
        for each in self.studio.list_removable(self.project):
            there[each.task].append(each)
        return there

    def _find_begun(self, tasks: Sequence[int]) -> set[int]:
        if not tasks:
            return set()
        if self.layer is not None:
            return self.layer.list_begun(self.project)
        begun = set[int]()
        for task in self.studio.export_tasks(self.project, sorted(tasks)):
            if isinstance(task, dict) and (task.get("annotations") != [] or task.get("drafts") != []):
                begun.add(int(str(task["id"])))
        return begun
