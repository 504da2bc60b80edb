"""What all targets share about one article: its gold, its tokens, and the layers of spans that do not overlap.

It is worked out once, before any target is asked, so that every target has the same tokens and the same flat layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from labeling.corpora.build.canonical import make_canonical_form
from labeling.corpora.build.flat_layer import choose_flat_layer, stack_layers
from labeling.tokens import NEWSWIRE, inner_boundaries, make_tokenizer, token_edges

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spacy.language import Language
    from spacy.tokens import Doc

    from labeling.annotations import Gold
    from labeling.articles import Article
    from labeling.corpora.build.canonical import CanonicalForm
    from labeling.corpora.build.flat_layer import FlatLayer
    from labeling.project import Policies
    from labeling.schema import Schema
    from labeling.tokens import TokenEdges


@dataclass(frozen=True)
class SharedArticle:
    """One article on its way into every target.

    ``form`` is the canonical form of its gold. ``tokens`` is the text as the tokenizer policy cuts it, with nothing
    else in it, and ``edges`` where each token starts and ends. ``layers`` has the flat layer first. ``cut`` has the ids
    of the spans that start or end inside a token.
    """

    article: Article
    gold: Gold
    form: CanonicalForm
    tokens: Doc
    edges: TokenEdges
    layers: Sequence[FlatLayer]
    cut: frozenset[str]

    @property
    def words(self) -> list[str]:
        """The text of each token."""
        return [self.article.text[start:end] for start, end in zip(*self.edges, strict=True)]

    @property
    def flat(self) -> FlatLayer:
        """The flat layer."""
        return self.layers[0]


def share_article(article: Article, gold: Gold, nlp: Language, schema: Schema, policies: Policies) -> SharedArticle:
    """Work out what the targets share; ``nlp`` cuts the text."""
    labels = schema.label_names
    # By the tokenizer policy alone: tokens cut where gold has boundaries would tell dev and test the answer.
    tokens = nlp.make_doc(article.text)
    edges = token_edges(tokens)
    # On characters, so that the layers do not depend on where the tokenizer cuts.
    flat = choose_flat_layer(article.text, gold, labels)
    # The boundaries inside a token, and with them the spans for which a format may cut one.
    starts, ends = inner_boundaries(edges, ((span.start, span.end) for span in gold.spans))
    return SharedArticle(
        article=article,
        gold=gold,
        form=make_canonical_form(article, gold),
        tokens=tokens,
        edges=edges,
        layers=stack_layers(article.text, gold, flat, labels, policies.tag_layers),
        cut=frozenset(span.id for span in gold.spans if span.start in starts or span.end in ends),
    )


@lru_cache(maxsize=1)
def cached_tokenizer(language: str, rules: str = NEWSWIRE) -> Language:
    """The tokenizer of that language by those rules, made once for many pieces: it takes as long as a hundred articles.

    Raises:
        ProjectFileError: spaCy has no rule-based tokenizer for the language.
    """
    return make_tokenizer(language, rules)
