"""Where batches of mapped files lie in memory."""

import sys
from mmap import PAGESIZE
from pathlib import Path

import numpy as np
import pytest
import torch

from inforeg.data import mapped as mapped_split
from inforeg.data.mapped import LARGE, room


def mapped(address: int) -> bool:
    """Whether the process has memory there."""
    spans = [line.split()[0].split("-") for line in Path("/proc/self/maps").read_text().splitlines()]
    return any(int(first, 16) <= address < int(last, 16) for first, last in spans)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_a_large_batch_has_pages_of_its_own_that_go_with_it():
    batch = room((4, LARGE), torch.uint8, pinned=False)
    address = batch.data_ptr()
    assert address % PAGESIZE == 0
    part = batch[1:, :5].fill_(7)
    del batch
    assert (part == 7).all()
    assert mapped(address)
    del part
    assert not mapped(address)


def test_free_memory_goes_back_while_batches_are_read(monkeypatch):
    freed = []
    monkeypatch.setattr(mapped_split, "release", lambda: freed.append(1))
    monkeypatch.setattr(mapped_split, "RELEASED", 100)
    values = np.zeros((12, 10), np.float32)
    split = mapped_split.Mapped({"audio": values}, np.arange(12), torch.zeros(12, dtype=torch.int64))
    assert len(list(split.stream(torch.arange(12).split(2), 0, 0))) == 6  # of 80 bytes each
    assert len(freed) == 3
    assert (
        mapped_split.size(
            {"audio": torch.zeros(2, 3), "text": {"words": torch.zeros(4), "mask": torch.zeros(1)}}
        )
        == 44
    )


def test_memory_is_released_by_whatever_c_library_there_is():
    mapped_split.release()


@pytest.mark.parametrize("shape", [(0, 3), (3,), (LARGE, 2, 1)])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.float32, torch.bool])
def test_it_is_as_any_other_tensor(shape, dtype):
    batch = room(shape, dtype, pinned=False)
    assert (batch.shape, batch.dtype, batch.is_contiguous()) == (torch.Size(shape), dtype, True)
    batch.fill_(1)
    assert (batch.numpy() == 1).all()
