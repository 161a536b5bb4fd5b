"""Reading other people's pickled arrays without running other people's code."""

import io
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from inforeg.data.substitutes import refuse_substitute
from inforeg.errors import UserError


def _encode(text: str, encoding: str) -> bytes:
    """`_codecs.encode` as Python 2's byte strings come to us, and nothing more."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"it asks for the codec {encoding!r}")
    return text.encode("latin1")


class _Kind:
    """A pickled type of numbers, texts or objects; never NumPy's own, which would believe any flags."""

    __slots__ = ("dtype",)

    def __init__(self, code: str, *flags: object) -> None:
        self.dtype = np.dtype(code)
        if self.dtype.kind not in "biufcSUO":
            raise pickle.UnpicklingError(f"it has values of the type {self.dtype}")

    def __setstate__(self, state: Any) -> None:
        _, order, *parts = state
        if any(part is not None for part in parts[:3]):
            raise pickle.UnpicklingError("it has values of several parts")
        self.dtype = self.dtype.newbyteorder(order)

    @property
    def plain(self) -> "np.dtype[Any]":
        """The type, of which bytes may be values."""
        if self.dtype.hasobject:
            raise pickle.UnpicklingError("it takes bytes for objects")
        return self.dtype


class _Array(np.ndarray[Any, Any]):
    """A pickled array; of NumPy's own only the type is not what its state says."""

    def __setstate__(self, state: Any) -> None:
        version, shape, kind, order, values = state
        super().__setstate__((version, shape, kind.dtype, order, values))


def _reconstruct(*_: object) -> _Array:
    """An array that its state is still to fill."""
    return _Array(0, np.int8)


def _scalar(kind: _Kind, content: bytes) -> Any:
    """A NumPy number or text of its bytes."""
    return np.frombuffer(content, kind.plain, 1)[0]


def _from_buffer(content: bytes, kind: _Kind, shape: tuple[int, ...], order: str) -> Any:
    """An array of its bytes, as protocol 5 has it."""
    return np.frombuffer(content, kind.plain).reshape(shape, order="F" if order == "F" else "C").copy()


_ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): None,  # named beside `_reconstruct`, but never called itself
    ("numpy", "dtype"): _Kind,
    ("_codecs", "encode"): _encode,
}
for core in ("numpy.core", "numpy._core"):
    _ALLOWED[f"{core}.multiarray", "_reconstruct"] = _reconstruct
    _ALLOWED[f"{core}.multiarray", "scalar"] = _scalar
    _ALLOWED[f"{core}.numeric", "_frombuffer"] = _from_buffer


class _Unpickler(pickle.Unpickler):
    """Knows the names that arrays are made of; any other is refused before it is imported."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return _ALLOWED[module, name]


@contextmanager
def _refusing(where: str, kind: str) -> Iterator[None]:
    """Turn whatever a damaged or dangerous pickle raises, which may be anything, into one sentence."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        said = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise UserError(
            f"{where} is not a plain {kind} file ({said}); it was not read. Fetch it again."
        ) from None


def read_pickled(content: bytes, where: str) -> Any:
    """The one object in a pickled .npy file of version 1.0, e.g. a dict of arrays.

    Args:
        content: the file's bytes.
        where: how messages call the file.

    Raises:
        UserError: the pickle asks for anything but plain arrays, or is cut short.
    """
    stream = io.BytesIO(content)
    with _refusing(where, "array"):
        np.lib.format.read_magic(stream)
        np.lib.format.read_array_header_1_0(stream)
        return _Unpickler(stream, encoding="latin1").load().item()


def read_pickle(path: Path) -> Any:
    """What a pickle of numbers, texts, arrays, and lists and dictionaries of them holds, of any protocol.

    Raises:
        UserError: it asks for anything else, or is damaged.
    """
    refuse_substitute(path, "pickle")
    with path.open("rb") as file, _refusing(str(path), "pickle"):
        return _Unpickler(file, encoding="latin1").load()
