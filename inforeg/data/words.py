"""Texts as numbers of words, which are counted in the training part alone."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

UNKNOWN = 0
"""The number of every word that the vocabulary does not have."""


def words(text: str) -> list[str]:
    """Runs of letters and digits, in lower case, and each other sign by itself."""
    return re.findall(r"[^\W_]+|[^\w\s]|_", text.lower())


def vocabulary(texts: Iterable[str], fewest: int = 2) -> list[str]:
    """The words that are there at least `fewest` times; the commonest first, of equals the first by name."""
    counts = Counter(word for text in texts for word in words(text))
    found = sorted((-count, word) for word, count in counts.items() if count >= fewest)
    return [word for _, word in found]


def numbered(
    texts: Sequence[str], known: Sequence[str], most: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The number of each text's first words, (N, `most`), and how many they are, (N,); 0 after them.

    The words of the vocabulary, `known`, have the numbers from 1 on.
    """
    numbers = {word: number for number, word in enumerate(known, 1)}
    tokens = np.zeros((len(texts), most), np.int32)
    length = np.zeros(len(texts), np.int64)
    for row, text in enumerate(texts):
        found = [numbers.get(word, UNKNOWN) for word in words(text)[:most]]
        tokens[row, : len(found)], length[row] = found, len(found)
    return tokens, length
