"""Words are split, counted and numbered as by hand."""

import pytest

from inforeg.data.words import numbered, vocabulary, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't panic, 42!", ["don", "'", "t", "panic", ",", "42", "!"]),
        ("snake_case  \n\ttab", ["snake", "_", "case", "tab"]),
        ("Größe… ÉTÉ 👍", ["größe", "…", "été", "👍"]),
        (" \u00a0\n", []),
    ],
)
def test_words_are_runs_and_signs(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_the_vocabulary_has_the_commonest_first_and_what_is_there_twice() -> None:
    assert vocabulary(["b b a", "a c", "B d d once"]) == ["b", "a", "d"]


def test_numbers_begin_at_1_and_0_is_unknown() -> None:
    tokens, length = numbered(["a x b", "", "b b b b b"], ["b", "a"], 4)
    assert tokens.tolist() == [[2, 0, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]]
    assert length.tolist() == [3, 0, 4]
