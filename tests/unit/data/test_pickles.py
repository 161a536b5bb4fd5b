"""Pickled arrays are read; anything else in a pickle is refused before it happens."""

import codecs
import functools
import io
import os
import pickle
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inforeg.data.pickles import read_pickle, read_pickled
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


PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_whole_pickle_of_plain_things_is_read(tmp_path: Path, protocol: int) -> None:
    text = np.array([["a", "b"]])
    content = {
        "train": {
            "text": np.arange(6.0).reshape(1, 2, 3),
            "turned": np.asfortranarray(np.eye(2, 3, dtype="f4")),
        },
        "id": ["one", b"two", ("three", 3, None, True, 2**70, 1.5)],
        "numbers": [np.float32(2.5), np.int64(7), np.bool_(1), np.str_("x")],
        "objects": np.array(["a", None, [1, 2]], dtype=object),
        "words": text,
        "bytes": np.array([b"ab", b"c"]),
    }
    path = tmp_path / "plain.pkl"
    path.write_bytes(pickle.dumps(content, protocol))
    read = read_pickle(path)
    assert read["train"]["text"].tolist() == content["train"]["text"].tolist()
    assert read["train"]["turned"].tolist() == content["train"]["turned"].tolist()
    assert read["train"]["text"].dtype == np.float64
    assert read["train"]["text"].flags.writeable
    assert read["id"] == content["id"]
    assert read["numbers"] == content["numbers"]
    assert [type(number) for number in read["numbers"]] == [type(number) for number in content["numbers"]]
    assert read["objects"].tolist() == content["objects"].tolist()
    assert read["words"].tolist() == text.tolist()
    assert read["bytes"].tolist() == [b"ab", b"c"]


class Instance:
    """Pickles as an instance with a state, of any class."""

    def __init__(self, cls: type, state: Any) -> None:
        self.parts = (object.__new__, (cls,), state)

    def __reduce__(self) -> Any:
        return self.parts


def attacks(trace: Path) -> dict[str, Any]:
    touch = f"open({str(trace)!r}, 'w')"
    return {
        "os.system": Call(os.system, f"touch {trace}"),
        "eval": Call(eval, touch),
        "exec": Call(exec, touch),
        "getattr": Call(getattr, "x", "upper"),
        "subprocess": Call(subprocess.call, ["touch", str(trace)]),
        "numpy.save": Call(np.save, str(trace), np.zeros(1)),
        "numpy.load": Call(np.load, str(trace)),
        "numpy.memmap": Call(np.memmap, str(trace), "u1", "w+", 0, (1,)),
        "numpy.fromfile": Call(np.fromfile, str(trace)),
        "partial": Call(functools.partial, touch),
        "an instance": Instance(Path, None),
        "an array over bytes": Call(np.lib.stride_tricks.as_strided, np.zeros(1), (9,)),
        "an object of bytes": Call(np.frombuffer, b"12345678", np.dtype("O")),
    }


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("attack", attacks(Path("x")))
def test_nothing_in_a_pickle_is_run(tmp_path: Path, attack: str, protocol: int) -> None:
    trace, path = tmp_path / "trace", tmp_path / "evil.pkl"
    evil = attacks(trace)[attack]
    for content in (evil, {"train": {"text": [evil]}}, np.array([evil], dtype=object)):
        path.write_bytes(pickle.dumps(content, protocol))
        with pytest.raises(
            UserError, match=r"evil\.pkl is not a plain pickle file \(it asks for .*; it was not"
        ):
            read_pickle(path)
    assert not trace.exists()


# Types whose state makes NumPy take 8 bytes for the address of an object.
FORGED = b"cnumpy\ndtype\n(S'V8'\ntR(I3\nS'|'\nN(S'a'\nt(dS'a'\n(cnumpy\ndtype\n(S'O'\ntRI0\ntsI8\nI1\nI0\ntb"
FLAGGED = b"cnumpy\ndtype\n(S'f8'\ntR(I3\nS'<'\nNNNI-1\nI-1\nI63\ntb"
FIELDS = b"cnumpy\ndtype\n(S'f8'\ntR(I3\nS'<'\nN(S'a'\nt(dI-1\nI-1\nI0\ntb"
ARRAY = (
    b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I1\nt%sI00\n"
    b"S'12345678'\ntb."
)


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (FORGED, r"it has values of the type \|V8"),
        (FIELDS, "it has values of several parts"),
        (b"cnumpy\ndtype\n(S'i4,O'\ntR", r"it has values of the type"),
        (b"cnumpy\ndtype\n(S'O'\ntR", "is not a plain pickle file"),
        (b"cnumpy\ndtype\n(S'S1000000000000'\ntR", "is not a plain pickle file"),
    ],
)
def test_types_are_what_they_say(tmp_path: Path, kind: bytes, sentence: str) -> None:
    (tmp_path / "evil.pkl").write_bytes(ARRAY % kind)
    with pytest.raises(UserError, match=sentence):
        read_pickle(tmp_path / "evil.pkl")


def test_flags_of_a_type_are_not_believed(tmp_path: Path) -> None:
    (tmp_path / "evil.pkl").write_bytes(ARRAY % FLAGGED)
    assert not read_pickle(tmp_path / "evil.pkl").dtype.hasobject


def test_an_array_over_bytes_is_not_made(tmp_path: Path) -> None:
    (tmp_path / "evil.pkl").write_bytes(b"cnumpy\nndarray\n((I1\ntS'O'\nS'12345678'\ntR.")
    with pytest.raises(UserError, match=r"evil\.pkl is not a plain pickle file"):
        read_pickle(tmp_path / "evil.pkl")


@pytest.mark.parametrize(
    "raw",
    [
        b"cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(S'O'\ntRS'12345678'\ntR.",
        b"cnumpy.core.numeric\n_frombuffer\n(S'12345678'\ncnumpy\ndtype\n(S'O'\ntR(I1\ntS'C'\ntR.",
    ],
)
def test_bytes_are_not_taken_for_objects(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "evil.pkl").write_bytes(raw)
    with pytest.raises(UserError, match="it takes bytes for objects"):
        read_pickle(tmp_path / "evil.pkl")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty; fetch it again"),
        (b"<html>not found</html>", "is a web page, not a pickle file; fetch it again"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS, .* `git lfs pull`"),
        (b"\x80\x05.", "is not a plain pickle file"),
        (b"PK\3\4" + bytes(99), "is not a plain pickle file"),
        (pickle.dumps(2**70)[:3] + b"\xff" * 9, "is not a plain pickle file"),
        (b"\x80\x04\x8e" + b"\xff" * 7 + b"\x7f", "is not a plain pickle file"),  # 2**63 bytes
    ],
)
def test_what_is_no_pickle_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "page.pkl").write_bytes(content)
    with pytest.raises(UserError, match=rf"page\.pkl {words}"):
        read_pickle(tmp_path / "page.pkl")


def test_a_pickle_cut_anywhere_is_refused(tmp_path: Path) -> None:
    content, path = pickle.dumps({"a": np.arange(9), "b": ["x"]}), tmp_path / "half.pkl"
    for size in range(1, len(content)):
        path.write_bytes(content[:size])
        with pytest.raises(UserError, match=r"half\.pkl is not a plain pickle file"):
            read_pickle(path)
