"""Which article goes into which split, and which is left out, with the reason and with how much gold it has."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from labeling.corpora.build.convert import PlacedArticle
from labeling.errors import DamagedFile, MissingInput
from labeling.splits.placement import refuse_divided_groups
from labeling.values import Frozen, digest_of
from labeling.workspace.rows.assignment import SPLITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from labeling.annotations import Gold
    from labeling.articles import Article
    from labeling.corpora.build.subset import Subset
    from labeling.workspace.rows.assignment import SplitAssignment, SplitName
    from labeling.workspace.table import Workspace


class LeftOutArticle(Frozen):
    """An article that has gold and is not in a split: the reason, and how much gold is left out with it."""

    article: str
    reason: str
    spans: int
    relations: int
    choices: int


@dataclass(frozen=True)
class LeakGroupCounts:
    """How many leak groups the selected articles are of, by split and by label: forty copies of one text count once.

    ``drawn`` has the articles that came to each split from the random stream.
    """

    groups: dict[SplitName, set[str]] = field(default_factory=lambda: {split: set() for split in SPLITS})
    labels: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    drawn: dict[SplitName, set[str]] = field(default_factory=lambda: {split: set() for split in SPLITS})

    def count(self, placed: PlacedArticle, assignment: SplitAssignment) -> None:
        """Count an article; the same one again changes nothing."""
        self.groups[placed.split].add(assignment.leak_group)
        if assignment.stream:
            self.drawn[placed.split].add(assignment.article)
        for span in placed.gold.spans:
            self.labels[span.label].add(assignment.leak_group)


class GoldSelection:
    """The gold of a workspace, article by article, as a subset of it asks for."""

    def __init__(self, workspace: Workspace, subset: Subset) -> None:
        """Read the splits.

        Raises:
            MissingInput: Nothing was split yet.
            LeakError: One leak group is in two splits.
        """
        self._workspace, self._subset = workspace, subset
        self._assignments = _read_assignments(workspace)
        self.worth = LeakGroupCounts()

    def articles(self) -> Iterator[PlacedArticle | LeftOutArticle]:
        """Each article with gold, by id: in its split, or left out; no file is held in memory.

        Raises:
            MissingInput: Gold came since the last ``split``.
            DamagedFile: Gold is of a text that is not the article's, or of no article.
        """
        # Both files are sorted by article: one pass over each, side by side.
        articles = self._workspace.articles.rows()
        for gold in self._workspace.gold.rows():
            split, reason = self._split_of(gold)
            if split is None:
                yield _leave_out(gold, reason)
                continue
            # Its text is needed only now: most of what is left out is known to be without it.
            article = _find_article(gold, articles, self._workspace)
            if reason := self._subset.excludes(article):
                yield _leave_out(gold, reason)
            else:
                # Narrowed last: whether an article is in the subset does not depend on its labels.
                placed = PlacedArticle(article, *self._subset.narrow(gold), split)
                self.worth.count(placed, self._assignments[article.id])
                yield placed

    def _split_of(self, gold: Gold) -> tuple[SplitName | None, str]:
        """The split, or None and the reason."""
        # An article that was ruled out has no split, unless it was ruled out after the last one.
        assignment = self._assignments.get(gold.article)
        if not gold.usable and not (self._subset.with_unusable and assignment):
            return None, "an annotator ruled it out: usable is no"
        if assignment is None:
            raise MissingInput(
                f"{gold.article!r} has gold and no line in splits.jsonl",
                todo="run `labeling split`, which places what is new",
                where=gold.article,
            )
        return assignment.split, assignment.reason


def has_unasked(workspace: Workspace, subset: Subset) -> bool:
    """Whether an article of the selection was judged before something was asked for."""
    if not workspace.gold.exists():
        return False
    with workspace.gold.path.open("rb") as lines:
        # By the key alone, for most projects have none: no string in JSON holds an unescaped quote.
        is_likely = any(b'"unasked":' in line for line in lines)
    if not is_likely:
        return False
    selected = GoldSelection(workspace, subset).articles()
    return any(isinstance(each, PlacedArticle) and each.gold.unasked for each in selected)


def _read_assignments(workspace: Workspace) -> Mapping[str, SplitAssignment]:
    """The split of each article, checked once more: the file may have been changed by hand."""
    assignments = {row.article: row for row in workspace.splits.rows()}
    refuse_divided_groups(assignments.values())
    return assignments


def _find_article(gold: Gold, articles: Iterator[Article], workspace: Workspace) -> Article:
    """The article of gold, which is further down in ``articles``: both files are sorted by article."""
    article = next((article for article in articles if article.id >= gold.article), None)
    if article and article.id == gold.article:
        # The digest is of the text as it is now: the field of the same name may have been changed with it.
        if digest_of(article.text) == gold.digest:
            return article
        why = "is of another text than articles.jsonl has"
    else:
        why = "has no article"
    raise DamagedFile(
        f"the gold of {gold.article!r} {why}",
        todo="run `labeling adjudicate` again, and keep both files sorted by article",
        where=str(workspace.gold.path),
    )


def _leave_out(gold: Gold, reason: str) -> LeftOutArticle:
    return LeftOutArticle(
        article=gold.article,
        reason=reason,
        spans=len(gold.spans),
        relations=len(gold.relations),
        choices=sum(map(len, gold.choices.values())),
    )
