"""The relation classifier under the name by which scripts and configs of before import it.

It lives in `labeling.corpora.targets.spacy.relation_classifier`; importing either makes its component known to spaCy.
"""

from labeling.corpora.targets.spacy.relation_classifier import *  # noqa: F403 - all of it, under its old name
