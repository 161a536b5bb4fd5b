"""Pickled arrays are read; anything else in a pickle is refused before it happens."""

import codecs
import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inforeg.data.pickles import read_pickled
from inforeg.errors import UserError


def file_of(content: bytes) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "|O", "fortran_order": False, "shape": ()})
    return stream.getvalue() + content


def boxed(value: Any) -> bytes:
    box = np.empty((), object)
    box[()] = value
    return file_of(pickle.dumps(box, protocol=2))


class Call:
    """Pickles as a call of any function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("module", [b"numpy.core.multiarray", b"numpy._core.multiarray"])
def test_dict_of_arrays_is_read(module: bytes) -> None:
    series = [np.array([[1.5, -2.0]]), np.array([[3.25, 0.0], [0.5, 9.0]])]
    content = boxed({"X": series, "y": np.array([3, 1])})
    for name in (b"numpy.core.multiarray", b"numpy._core.multiarray"):
        content = content.replace(b"c" + name + b"\n", b"c" + module + b"\n")
    read = read_pickled(content, "watch_dataset.npy")
    assert read["y"].tolist() == [3, 1]
    assert [values.tolist() for values in read["X"]] == [values.tolist() for values in series]


def test_call_of_a_function_is_refused_and_not_made(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    content = boxed({"X": Call(Path.touch, trace)})
    with pytest.raises(UserError, match=r"evil\.npy is not a plain array file \(it asks for "):
        read_pickled(content, "evil.npy")
    assert not trace.exists()
    assert pickle.loads(content[128:]) is not None
    assert trace.exists(), "the pickle is harmless, so this test shows nothing"


def test_codec_other_than_latin1_is_refused() -> None:
    with pytest.raises(UserError, match="codec 'rot13'"):
        read_pickled(boxed(Call(codecs.encode, "text", "rot13")), "evil.npy")


def test_file_cut_short_is_refused() -> None:
    content = boxed({"y": np.arange(100)})
    with pytest.raises(UserError, match=r"half\.npy is not a plain array file"):
        read_pickled(content[: len(content) // 2], "half.npy")


def test_file_of_another_kind_is_refused() -> None:
    with pytest.raises(UserError, match=r"page\.npy is not a plain array file"):
        read_pickled(b"<html>not found</html>", "page.npy")
