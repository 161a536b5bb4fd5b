"""Arrays that are too large to be held: written to their file row by row, and cut back after a kill."""

from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from inforeg.errors import UserError
from inforeg.files import naming


class Growing:
    """<name>.npy in the making; where its block ends without an error, it says how many rows it has.

    Until then it says that there are none.

    Args:
        path: of the file.
        shape: of a row.
        dtype: of its values.
        rows: how many rows of the file that is there are kept; the rest is cut off.

    Raises:
        UserError: the file does not have them.
    """

    def __init__(self, path: Path, shape: tuple[int, ...], dtype: DTypeLike, rows: int) -> None:
        self.path, self.shape, self.dtype, self.rows = path, tuple(shape), np.dtype(dtype), rows
        self._file = path.open("r+b" if path.exists() and rows else "w+b", buffering=0)
        self._state(0)
        end = self._file.tell() + rows * self.row_bytes
        if path.stat().st_size < end and rows:
            self._file.close()
            raise UserError(f"{path} is damaged; remove {path.parent.parent} and begin again.")
        self._file.truncate(end)
        self._file.seek(end)

    @property
    def row_bytes(self) -> int:
        """What a row takes."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize

    def append(self, values: NDArray[Any]) -> int:
        """Write rows at the end, (n, ...); the first one's number."""
        if values.shape[1:] != self.shape or values.dtype != self.dtype:
            raise TypeError(
                f"rows of {self.path.name} are {self.dtype} {self.shape}, not {values.dtype} "
                f"{values.shape[1:]}"
            )
        first = self.rows
        left = np.ascontiguousarray(values).reshape(-1).view(np.uint8).data
        with naming(self.path):
            while left:  # an unbuffered file may take a part
                left = left[self._file.write(left) or 0 :]
        self.rows += len(values)
        return first

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        with naming(self.path), self._file:
            if kind is None:
                self._state(self.rows)

    def _state(self, rows: int) -> None:
        """Write the head; NumPy leaves room in it for any number of rows."""
        self._file.seek(0)
        described = {"descr": self.dtype.str, "fortran_order": False, "shape": (rows, *self.shape)}
        np.lib.format.write_array_header_1_0(self._file, described)
