"""Arrays that grow in their files."""

import numpy as np
import pytest

from inforeg.data import arrays
from inforeg.data.growing import Growing
from inforeg.errors import UserError


def rows(start: int, stop: int) -> np.ndarray:
    return np.arange(6 * start, 6 * stop, dtype=np.uint8).reshape(-1, 2, 3)


def half_made(folder) -> None:
    """Three rows, and then an error."""
    with pytest.raises(KeyboardInterrupt), Growing(folder / "a.npy", (2, 3), np.uint8, 0) as growing:
        growing.append(rows(0, 3))
        raise KeyboardInterrupt


def test_it_is_the_array_of_all_rows(tmp_path):
    with Growing(tmp_path / "a.npy", (2, 3), np.uint8, 0) as growing:
        assert [growing.append(rows(*span)) for span in ((0, 2), (2, 2), (2, 7))] == [0, 2, 2]
    assert np.array_equal(arrays.read(tmp_path, "a"), rows(0, 7))
    arrays.write(tmp_path, b=rows(0, 7))
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()


def test_until_it_is_closed_it_has_no_rows(tmp_path):
    half_made(tmp_path)
    assert arrays.mapped(tmp_path, "a").shape == (0, 2, 3)


def test_gone_on_with_it_has_none_again_until_it_is_closed(tmp_path):
    half_made(tmp_path)
    with pytest.raises(KeyboardInterrupt), Growing(tmp_path / "a.npy", (2, 3), np.uint8, 3) as growing:
        assert arrays.mapped(tmp_path, "a").shape == (0, 2, 3)
        growing.append(rows(3, 5))
        raise KeyboardInterrupt
    assert arrays.mapped(tmp_path, "a").shape == (0, 2, 3)


@pytest.mark.parametrize("kept", [0, 1, 3])
def test_it_goes_on_behind_the_rows_that_are_kept(tmp_path, kept):
    half_made(tmp_path)
    with (tmp_path / "a.npy").open("ab") as file:
        file.write(b"half a row")
    with Growing(tmp_path / "a.npy", (2, 3), np.uint8, kept) as growing:
        assert growing.append(rows(kept, 5)) == kept
    assert np.array_equal(arrays.read(tmp_path, "a"), rows(0, 5))


@pytest.mark.parametrize("values", [np.zeros((1, 3, 2), np.uint8), np.zeros((1, 2, 3), np.int16)])
def test_other_rows_are_refused(tmp_path, values):
    refused = pytest.raises(TypeError, match=r"rows of a\.npy are uint8 \(2, 3\)")
    with refused, Growing(tmp_path / "a.npy", (2, 3), np.uint8, 0) as growing:
        growing.append(values)


def test_rows_that_are_lost_are_not_made_up(tmp_path):
    half_made(tmp_path)
    with pytest.raises(UserError, match=r"a\.npy is damaged; remove .* and begin again"):
        Growing(tmp_path / "a.npy", (2, 3), np.uint8, 4)
