"""What lies beside spaCy's files so that spaCy trains from them as they are, with this package installed or not.

``configs/`` holds our training configs, filled in with every default of spaCy, and naming the dataset's own files;
``project.yml`` the commands; ``tokenizer/`` an empty pipeline with our tokenizer rules, which spaCy itself copies into
what is trained; ``vectors/`` word vectors, where the project file names some; ``relations.py`` the relation
classifier that spaCy lacks. All paths are relative to the folder.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from labeling.corpora.targets.spacy.docbin import COMPLETE
from labeling.corpora.template_environment import make_template_environment
from labeling.corpora.word_vectors.spacy_vectors import fill_open_places, write_vectors
from labeling.project import shipped_config
from labeling.workspace.storage import write_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spacy.language import Language

    from labeling.corpora.word_vectors.word_vectors import WordVectors
    from labeling.schema import Schema

TOKENIZER, CODE, VECTORS = "tokenizer", "relations.py", "vectors"
# What spaCy itself writes into the folder, which is not part of the dataset.
TRAINING_OUTPUTS: Final = ("training/", "project.lock", "__pycache__/")
# The choice by which annotators rule an article out: a dataset has usable ones only, so there is nothing to learn.
_USABLE = "usable"


@dataclass(frozen=True)
class ExpectedWarning:
    """A message of ``spacy debug data`` that is expected (N any number, ... any words), and what it means here."""

    words: str
    meaning: str
    fails: bool = False

    def matches(self, message: str) -> bool:
        """Whether it is this message."""
        pattern = re.escape(self.words).replace(r"'\.\.\.'", "'[^']+'").replace(r"\.\.\.", ".+")
        return re.fullmatch(re.sub(r"\bN\b", r"\\d+", pattern), message) is not None


# All that `spacy debug data` warns of in a dataset of ours. Only the first makes it exit with 1.
EXPECTED_WARNINGS: Final = (
    ExpectedWarning(
        "Low number of examples to train a new pipeline (N)",
        "fewer than 2,000 articles to train on; under 100 spaCy counts it as an error and exits with 1",
        fails=True,
    ),
    ExpectedWarning(
        "Low number of examples for label '...' (N)", "50 entities or fewer have that label: annotate more of it"
    ),
    ExpectedWarning("Low number of examples for label '...' in key 'sc' (N)", "the same of spans"),
    ExpectedWarning(
        "No examples for texts WITHOUT new label '...'", "every article has that label: none shows its absence"
    ),
    ExpectedWarning(
        "N misaligned tokens in the dev data",
        "tokens that were cut for a span; dev has the tokens of real use, where such spans are out of reach",
    ),
    ExpectedWarning(
        "N training examples also in evaluation data",
        "the same text in both; `labeling split` puts what it knows to be reprints on one side",
    ),
    ExpectedWarning(
        "Spans may not be distinct from the rest of the corpus", "the words of spans occur outside of them, too"
    ),
    ExpectedWarning(
        "Boundary tokens are not distinct from the rest of the corpus", "the same of the words around spans"
    ),
    ExpectedWarning(
        "Some model labels are not present in the train data. ...",
        "a label or an option of the schema that no training article has",
    ),
    ExpectedWarning(
        "Potential train/dev mismatch: ...",
        "an option that nobody answered in one of the two splits, or several at once in train only",
    ),
    ExpectedWarning(
        "The train data contains only instances with mutually-exclusive classes. ...",
        "every training article has just one option; the schema allows more",
    ),
)


def list_learnable_options(choices: dict[str, tuple[str, ...]]) -> list[str]:
    """The options that a text classifier is to learn, as ``name=option``: all but those of `usable`.

    Args:
        choices: The options of each choice of the schema, in its order.
    """
    return [f"{name}={option}" for name, options in choices.items() if name != _USABLE for option in options]


def write_training_files(folder: Path, nlp: Language, schema: Schema, vectors: WordVectors | None = None) -> None:
    """Write configs, ``project.yml`` and what they need into the folder of spaCy's files.

    The same schema, language and version of spaCy give the same bytes. What the schema has no use for is not written:
    no text classifier without choices, no relation classifier without relations.

    Args:
        folder: Where ``train/`` and ``dev/`` lie.
        nlp: The empty pipeline whose tokenizer cut the texts.
        schema: Whose labels, relations and choices are to be learnt.
        vectors: Word vectors that the configs start from; without any they start from nothing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # Without the vocabulary, which holds every word that was met: the rules alone are wanted.
    nlp.to_disk(folder / TOKENIZER, exclude=["vocab"])
    if vectors:
        write_vectors(vectors, folder / VECTORS, nlp.meta["lang"])
    options = list_learnable_options(
        {each.name: tuple(option.name for option in each.options) for each in schema.choices}
    )
    # What the schema has no use for is not written: a config that cannot train would only puzzle.
    names = ["ner", "spancat", *(["textcat"] if options else []), *(["relations"] if schema.relations else [])]
    for name in names:
        config = _training_config(name, nlp.lang, tuple(options), with_vectors=vectors is not None)
        write_text(folder / "configs" / f"{name}.cfg", config)
    if schema.relations:
        write_text(folder / CODE, Path(__file__).with_name("relation_classifier.py").read_text(encoding="utf-8"))
    write_text(folder / "project.yml", _project_yaml(names, with_vectors=vectors is not None))


@lru_cache
def _training_config(name: str, language: str, options: tuple[str, ...], *, with_vectors: bool) -> str:
    """One of our training configs with every default filled in, for use in the dataset's own folder."""
    from spacy.util import load_config, load_model_from_config

    import labeling.corpora.targets.spacy.relation_classifier  # noqa: F401 - importing it makes our component known to spaCy

    # What takes silence for a no learns from complete articles only.
    known = f"/{COMPLETE}" if name in {"spancat", "relations"} else ""
    config = load_config(shipped_config(f"{name}.cfg"), interpolate=False)
    config["nlp"]["lang"] = language
    config["paths"] = {"train": f"train{known}", "dev": f"dev{known}", "tokenizer": TOKENIZER}
    # The dataset's own tokenizer, in spaCy's own words: the config runs where this package is not installed.
    config["initialize"]["before_init"] = {
        "@callbacks": "spacy.copy_from_base_model.v1",
        "tokenizer": "${paths.tokenizer}",
        "vocab": None,
    }
    if with_vectors and fill_open_places(config["components"]):
        # spaCy's own `[initialize] vectors` points there.
        config["paths"]["vectors"] = VECTORS
    if name == "textcat":
        # Named, and not found in the data: an option that nobody chose yet has its place in the model.
        config["initialize"]["components"]["textcat_multilabel"]["labels"] = list(options)
    nlp = load_model_from_config(config, auto_fill=True, validate=False)
    head = f"# {name}, with every default filled in. To be run from the folder above: see project.yml there."
    return f"{head}\n\n{nlp.config.to_str()}\n"


def _project_yaml(names: Sequence[str], *, with_vectors: bool) -> str:
    environment = make_template_environment("labeling.corpora.targets.spacy")
    return environment.get_template("project.yml.j2").render(names=names, code=CODE, with_vectors=with_vectors)
