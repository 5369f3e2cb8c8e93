"""Which operations fit a few words best: BM25 over weighted fields (Robertson and Zaragoza 2009, section 3.6).

A word counts most where it stands exactly, less as another form of the word, least as a synonym or as the beginning of
a longer word; and an operation that has all of the words comes before one that has the rarest of them.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from seawall.toolsets.discovery.words import meanings, stem, words
from seawall.toolsets.outline import Outline

__all__ = ["Index"]

_NAME, _SAID, _TAG, _PATH, _ARGUMENT, _LONGER = 4.0, 2.5, 2.0, 1.5, 0.6, 0.5
"""How much a word counts in the name, the title, a tag, a path, an argument's name, and the description."""

_SATURATION, _LENGTH = 1.2, 0.5  # BM25's k1 and b; descriptions differ much in length and little in worth
_STEM, _SYNONYM, _BEGINNING = 0.75, 0.35, 0.3
_LIKENESS: Final = 2.0
"""What a name adds, at most, that says what was asked and nothing else."""

_WHOLE: Final = 1000.0
"""What a query that is the very name of an operation adds."""

_MOST_WORDS: Final = 16  # of a query
_MOST_BEGUN: Final = 24  # words of the index that one beginning stands for
_SHORTEST_BEGINNING: Final = 3


class Index:
    """The words of a number of operations, counted once."""

    def __init__(self, outlines: Sequence[Outline]) -> None:
        """Args: outlines: in the order in which equally good ones are found."""
        self._exact: dict[str, list[tuple[int, float]]] = defaultdict(list)
        self._stems: dict[str, list[tuple[int, float]]] = defaultdict(list)
        self._names: dict[str, list[int]] = defaultdict(list)
        self._said: list[tuple[frozenset[str], ...]] = []
        for number, counted in enumerate(_weighted(outlines)):
            for word, weight in counted.items():
                self._exact[word].append((number, weight))
            stems: dict[str, float] = defaultdict(float)
            for word, weight in counted.items():
                stems[stem(word)] += weight
            for each, weight in stems.items():
                self._stems[each].append((number, weight))
        for number, outline in enumerate(outlines):
            self._said.append(
                tuple(frozenset(map(stem, words(text))) for text in (outline.name, outline.title))
            )
            for name in (outline.name, *outline.aliases):
                self._names[name.casefold()].append(number)
        self._sorted = sorted(self._exact)
        self._size = len(outlines)

    def best(self, query: str) -> list[int]:
        """The numbers of the operations that fit, best first. Without a word in the query it is every one."""
        asked = list(dict.fromkeys(words(query)))[:_MOST_WORDS]
        whole = self._names.get(query.strip().casefold(), ())
        if not asked:
            return list(whole) or ([] if query.strip() else list(range(self._size)))
        scores: dict[int, float] = defaultdict(float)
        covered: dict[int, float] = defaultdict(float)
        for word in asked:
            for number, (score, share) in self._of(word).items():
                scores[number] += score
                covered[number] += share
        wanted = frozenset(map(stem, asked))
        total = {
            number: score
            * (covered[number] / len(asked)) ** 2
            * (1 + _LIKENESS * self._likeness(number, wanted))
            for number, score in scores.items()
        }
        for number in whole:
            total[number] = total.get(number, 0.0) + _WHOLE
        return sorted(total, key=lambda number: (-total[number], number))

    def _likeness(self, number: int, wanted: frozenset[str]) -> float:
        """How much of the name, or of the title, is the query and nothing else: from 0 to 1."""
        return max(len(said & wanted) / len(said | wanted) for said in self._said[number])

    def _of(self, word: str) -> dict[int, tuple[float, float]]:
        """For one word: score and share of a match, by the operation's number; of several ways, the best one."""
        found: dict[int, tuple[float, float]] = {}
        for postings, share in self._ways(word):
            rarity = math.log(1 + (self._size - len(postings) + 0.5) / (len(postings) + 0.5))
            for number, weight in postings:
                score = share * rarity * weight * (_SATURATION + 1) / (weight + _SATURATION)
                if number not in found or score > found[number][0]:
                    found[number] = (score, share)
        return found

    def _ways(self, word: str) -> Iterator[tuple[list[tuple[int, float]], float]]:
        if word in self._exact:
            yield self._exact[word], 1.0
        root = stem(word)
        if root in self._stems:
            yield self._stems[root], _STEM
        for other in sorted(meanings(word)):
            if other in self._stems:
                yield self._stems[other], _SYNONYM
        if len(word) >= _SHORTEST_BEGINNING:
            first = bisect_left(self._sorted, word)
            for longer in self._sorted[first : first + _MOST_BEGUN]:
                if not longer.startswith(word):
                    break
                if longer != word:
                    yield self._exact[longer], _BEGINNING


def _weighted(outlines: Sequence[Outline]) -> Iterator[dict[str, float]]:
    """The words of each operation with their weights; those of a long description weigh less."""
    described = [words(outline.description) for outline in outlines]
    average = sum(map(len, described)) / len(described) if described else 0.0
    for outline, long in zip(outlines, described, strict=True):
        slope = 1 - _LENGTH + _LENGTH * len(long) / (average or 1.0)
        weights: dict[str, float] = defaultdict(float)
        for found, weight in (*_fields(outline), (long, _LONGER / slope)):
            for word, times in Counter(found).items():
                weights[word] += weight * times
        yield weights


def _fields(outline: Outline) -> Iterator[tuple[list[str], float]]:
    yield words(outline.name), _NAME
    yield words(outline.title), _SAID
    yield _all(outline.tags), _TAG
    yield _all(alias for alias in outline.aliases if " " in alias), _PATH
    yield _all(outline.arguments), _ARGUMENT


def _all(texts: Iterable[str]) -> list[str]:
    return [word for text in texts for word in words(text)]
