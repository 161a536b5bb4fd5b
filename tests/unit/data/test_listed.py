"""Lists of samples against what is there."""

from pathlib import Path

import pytest

from inforeg.data.gathered import Material
from inforeg.data.listed import compared, refuse_twice
from inforeg.errors import UserError

RAW = Path("raw")


def test_a_name_stands_once() -> None:
    refuse_twice("abc", "list.csv")
    with pytest.raises(UserError, match=r"list\.csv names 'b' 2 times"):
        refuse_twice("abcb", "list.csv")


def test_all_are_there() -> None:
    assert compared("ab", "ab", Material(RAW), 1.0) == {"listed": 2, "missing": [], "unlisted": []}


def test_what_is_missing_is_told_counted_and_refused(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(
        UserError, match=r"raw lacks 4 of the 6 samples listed \(b, c, d \.\.\.\); .* --min-share 0\.333\."
    ):
        compared("abcdef", "afz", Material(RAW), 0.5)
    found = compared("abcdef", "afz", Material(RAW, min_share=0.333), 0.5)
    assert found == {"listed": 6, "missing": list("bcde"), "unlisted": ["z"]}
    assert "raw lacks 4 of the 6" in caplog.text
    assert "raw holds 1 samples that no list names (z)" in caplog.text


def test_none_at_all_is_refused_in_any_case() -> None:
    with pytest.raises(UserError, match="raw lacks 2 of the 2"):
        compared("ab", "z", Material(RAW, min_share=0.0), 1.0)
