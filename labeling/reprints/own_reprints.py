"""A reader beside themselves: their words on two articles that share text, moved to one of them.

The words of the earlier article, by name, are carried to the other one, as `project_annotation` does it. Compared are
only spans whose words are in both texts: what reaches into words that the other article does not have is left out, and
so are choices, which are about a whole article.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.evaluation.scores import ScoredArticle
from labeling.reprints.consistency import list_reprint_pairs
from labeling.reprints.overlap import count_shared
from labeling.reprints.projection import align_texts, project_annotation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from labeling.annotations import Annotation
    from labeling.evaluation.agreement.submitted import SubmittedArticle
    from labeling.project import Project
    from labeling.reprints.projection import Alignment
    from labeling.workspace.rows.passage import Passage


def find_own_reprints(project: Project, submitted: Sequence[SubmittedArticle]) -> Iterator[ScoredArticle]:
    """What each reader of the project said of two reprints; nothing where passages were not looked for."""
    passages = list(project.workspace.passages.rows_if_written())
    yield from compare_own_words(submitted, passages, project.file.passages.words)


def compare_own_words(
    submitted: Sequence[SubmittedArticle], passages: Sequence[Passage], words: int
) -> Iterator[ScoredArticle]:
    """Each annotator's words on two articles that share passages, both in the text of the later one, by name.

    Each article is compared with the one before it that shares most with it, as in `audit_gold`.

    Args:
        submitted: The articles with what people submitted.
        passages: What articles share.
        words: The least length of a shared run.
    """
    for annotator in sorted({name for each in submitted for name in each.submissions}):
        own = {each.article.id: each for each in submitted if annotator in each.submissions}
        for one, other in list_reprint_pairs(count_shared(passages, own, own)) if len(own) > 1 else ():
            left, right = own[one], own[other]
            alignment = align_texts(left.article.text, right.article.text, words)
            carried = project_annotation(left.submissions[annotator], right.article, alignment)
            yield ScoredArticle(
                article=right.article,
                leak_group=right.leak_group,
                gold=carried,
                prediction=_keep_shared(right.submissions[annotator], alignment.inverse),
                silent_on=left.silence[annotator] | right.silence[annotator],
            )


def _keep_shared(annotation: Annotation, alignment: Alignment) -> Annotation:
    """What an annotation says of words that the other text has as well."""
    spans = tuple(span for span in annotation.spans if alignment.image(span.start, span.end))
    kept = {span.id for span in spans}
    relations = tuple(each for each in annotation.relations if {each.head, each.tail} <= kept)
    return annotation.model_copy(update={"spans": spans, "relations": relations, "choices": {}})
