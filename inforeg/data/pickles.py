"""Reading other people's pickled arrays without running other people's code."""

import io
import pickle
from typing import Any

import numpy as np

from inforeg.errors import UserError


def _encode(text: str, encoding: str) -> bytes:
    """`_codecs.encode` as Python 2's byte strings come to us, and nothing more."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"it asks for the codec {encoding!r}")
    return text.encode("latin1")


_ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
    ("numpy._core.multiarray", "_reconstruct"): np.empty(0).__reduce__()[0],
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): _encode,
}


class _Unpickler(pickle.Unpickler):
    """Knows the names that arrays are made of; any other is refused before it is imported."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return _ALLOWED[module, name]


def read_pickled(content: bytes, where: str) -> Any:
    """The one object in a pickled .npy file of version 1.0, e.g. a dict of arrays.

    Args:
        content: the file's bytes.
        where: how messages call the file.

    Raises:
        UserError: the pickle asks for anything but plain arrays, or is cut short.
    """
    stream = io.BytesIO(content)
    try:
        np.lib.format.read_magic(stream)
        np.lib.format.read_array_header_1_0(stream)
        return _Unpickler(stream, encoding="latin1").load().item()
    except (pickle.UnpicklingError, EOFError, ValueError, AttributeError, TypeError) as error:
        raise UserError(
            f"{where} is not a plain array file ({error}); it was not read. Fetch it again."
        ) from None
