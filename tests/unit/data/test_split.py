"""Held and mapped splits: the same samples, the same draws, whoever reads them."""

import itertools
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import pytest
import scipy.stats
import torch

from inforeg.batch import Shape, on_each
from inforeg.data import arrays
from inforeg.data.clips import Clips, subsets
from inforeg.data.mapped import Mapped
from inforeg.data.split import Held, Split
from inforeg.data.transforms import Scaled, Transform
from inforeg.errors import UserError

SAMPLES, ROWS = 40, 60


@dataclass(frozen=True)
class Shifted(Transform):
    """A cut of 6 values, in training from a place of the sample's own, its sign drawn too."""

    @property
    def draws(self):
        return 2

    def shape(self, stored: Shape) -> Shape:
        return (6,)

    def clean(self, values):
        return values[:, 2:8].float()

    def augmented(self, values, draws):
        start = (draws[:, 0] * 5).long()
        sign = torch.where(draws[:, 1] < 0.5, -1.0, 1.0)
        return (
            sign[:, None] * values.gather(1, start[:, None] + torch.arange(6, device=values.device)).float()
        )


TRANSFORMS = {"sound": Shifted(), "frame": Scaled(127.5, 50.0)}


@pytest.fixture
def mapped(tmp_path):
    """Arrays of 60 rows, of which the split has 40 in an order of its own."""
    generator = np.random.default_rng(0)
    stored = {
        "sound": generator.integers(-30_000, 30_000, (ROWS, 10)).astype(np.int16),
        "frame": generator.integers(0, 255, (ROWS, 3, 2)).astype(np.uint8),
        "words": generator.integers(0, 9, (ROWS, 4)),
        "mask": generator.integers(0, 2, (ROWS, 4)).astype(bool),
        "target": generator.integers(0, 3, ROWS),
    }
    arrays.write(tmp_path, **stored)
    files = {name: arrays.mapped(tmp_path, name) for name in stored}
    text = {"words": files["words"], "mask": files["mask"]}
    order = generator.permutation(ROWS)
    data = arrays.streamed(
        tuple("abc"),
        {"sound": files["sound"], "frame": files["frame"], "text": text},
        stored["target"],
        {"train": order[:SAMPLES], "val": order[SAMPLES:50], "test": order[50:]},
        TRANSFORMS,
    )
    assert data.ids["train"].tolist() == order[:SAMPLES].tolist()
    return data.train


def batches(split: Split, order, epoch: int = 3, seed: int = 1):
    return list(split.stream(order, seed, epoch))


def same(first, second) -> bool:
    pairs = zip(first, second, strict=True)
    return all(
        torch.equal(a.target, b.target)
        and torch.equal(a.index, b.index)
        and all(torch.equal(flat(a.inputs[m]), flat(b.inputs[m])) for m in a.inputs)
        for a, b in pairs
    )


def flat(values):
    if isinstance(values, torch.Tensor):
        return values
    return torch.cat([tensor.flatten().double() for tensor in values.values()])


def order(size: int, seed: int = 0):
    return list(torch.split(torch.randperm(SAMPLES, generator=torch.Generator().manual_seed(seed)), size))


@pytest.mark.parametrize("readers", [0, 1, 4])
def test_readers_and_memory_change_nothing(mapped, readers):
    held = mapped.held()
    assert isinstance(held, Held)
    split = replace(mapped, readers=readers)
    for size in (1, 7, SAMPLES):
        assert same(batches(split, order(size)), batches(held, order(size)))
    assert same(list(split.batches(7)), list(held.batches(7)))
    some = torch.tensor([5, 30, 2])
    assert same([split.batch(some)], [held.batch(some)])
    assert same([split.part(some).batch(torch.tensor([2, 0]))], [held.part(some).batch(torch.tensor([2, 0]))])


def test_what_is_read_is_what_was_stored(mapped):
    batch = mapped.batch(torch.tensor([3]))
    row = mapped.rows[3]
    assert batch.inputs["sound"][0].tolist() == mapped.arrays["sound"][row, 2:8].tolist()
    expected = (mapped.arrays["frame"][row].astype(np.float32) - 127.5) / 50
    assert np.array_equal(batch.inputs["frame"][0].numpy(), expected)
    assert batch.inputs["text"]["words"][0].tolist() == mapped.arrays["text"]["words"][row].tolist()
    assert batch.inputs["text"]["mask"].dtype == torch.bool
    assert mapped.shape("sound") == (6,)
    assert mapped.stored_shape("sound") == (10,)
    assert mapped.shape("text") == mapped.held().shape("text") == {"words": (4,), "mask": (4,)}


def test_a_samples_augmentation_is_its_own(mapped):
    """Of seed, epoch and place alone: not of the batch, of what comes before it, or of a part."""
    (whole,) = batches(mapped, [torch.arange(SAMPLES)])
    for size in (1, 7):
        for batch in batches(mapped, order(size)):
            assert torch.equal(batch.inputs["sound"], whole.inputs["sound"][batch.index])
    chosen = torch.tensor([30, 4, 11])
    for split in (mapped, mapped.held()):
        part = split.part(chosen).part(torch.tensor([2, 0]))
        (batch,) = batches(part, [torch.arange(2)])
        assert torch.equal(batch.inputs["sound"], whole.inputs["sound"][[11, 30]])


@pytest.mark.parametrize("change", [{"epoch": 4}, {"seed": 2}])
def test_another_epoch_or_seed_is_augmented_otherwise(mapped, change):
    first, other = (
        batches(mapped, [torch.arange(SAMPLES)]),
        batches(mapped, [torch.arange(SAMPLES)], **change),
    )
    assert not torch.equal(first[0].inputs["sound"], other[0].inputs["sound"])
    assert torch.equal(first[0].inputs["frame"], other[0].inputs["frame"])  # draws nothing


def test_the_clean_view_is_the_same_every_time(mapped):
    everything = torch.arange(SAMPLES)
    clean = mapped.batch(everything)
    (training,) = batches(mapped, [everything])
    assert torch.equal(clean.inputs["sound"], mapped.batch(everything).inputs["sound"])
    assert not torch.equal(clean.inputs["sound"], training.inputs["sound"])


def test_other_labels_leave_the_samples_alone(mapped):
    for split in (mapped, mapped.held()):
        other = split.labelled(split.target.flip(0))
        assert torch.equal(other.target, split.target.flip(0))
        assert same(
            [replace(other.batch(torch.arange(3)), target=split.target[:3])], [split.batch(torch.arange(3))]
        )


def test_stored_values_are_not_changed_by_what_is_shown(mapped):
    held = Held({"frame": torch.ones(4, 2)}, torch.zeros(4, dtype=torch.int64), {"frame": Scaled(1.0, 2.0)})
    held.batch(torch.arange(4))
    assert torch.equal(held.inputs["frame"], torch.ones(4, 2))


@pytest.mark.parametrize("readers", [1, 4])
def test_a_stream_that_is_left_leaves_no_thread(mapped, readers):
    import threading

    before = threading.active_count()
    stream = replace(mapped, readers=readers).stream(order(1), 0, 0)
    next(stream)
    stream.close()
    assert threading.active_count() == before


def test_an_error_of_a_reader_is_raised_where_the_batch_is_asked_for(mapped):
    with pytest.raises(IndexError):
        batches(mapped, [torch.tensor([SAMPLES])])


def test_on_each_reaches_all_tensors():
    doubled = on_each({"a": torch.ones(2), "b": torch.zeros(2)}, lambda x: x + 1)
    assert {name: tensor.tolist() for name, tensor in doubled.items()} == {"a": [2, 2], "b": [1, 1]}


@pytest.mark.parametrize("damage", ["cut", "missing", "archive"])
def test_a_damaged_file_is_named_before_it_is_mapped(tmp_path, damage):
    arrays.write(tmp_path, sound=np.zeros((50, 40), np.int16))
    path = tmp_path / "sound.npy"
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-1000])
    elif damage == "missing":
        path.unlink()
    else:
        np.savez(tmp_path / "sound.npz", np.zeros(3))
        (tmp_path / "sound.npz").replace(path)
    with pytest.raises(UserError, match=r"sound\.npy (cannot be read|is missing).*; fetch or prepare"):
        arrays.mapped(tmp_path, "sound")


def clips(tmp_path) -> Mapped:
    """Five clips of 4, 1, 3, 7 and 2 frames, of which two are taken; frame k is full of k."""
    count = np.array([4, 1, 3, 7, 2])
    frames = np.repeat(np.arange(17, dtype=np.uint8), 6).reshape(17, 3, 2)
    arrays.write(tmp_path, frames=frames, size=np.arange(10).reshape(5, 2))
    found = Clips(
        arrays.mapped(tmp_path, "frames"),
        torch.from_numpy(np.cumsum(count) - count),
        torch.from_numpy(count),
        taken=2,
    )
    stored = {"video": found, "sized": {"pictures": found, "size": arrays.mapped(tmp_path, "size")}}
    parts = {"train": np.array([3, 0, 1, 4]), "val": np.array([2]), "test": np.array([2])}
    return arrays.streamed(("a", "b"), stored, np.array([0, 1, 0, 1, 0]), parts, {}).train


def numbers(values) -> list[list[int]]:
    return values[..., 0, 0].tolist()


def test_the_clean_view_takes_frames_in_the_middles_of_equal_parts(tmp_path):
    split = clips(tmp_path)
    assert split.shape("video") == (2, 3, 2)
    batch = split.batch(torch.arange(4))
    # Clip 3 has the frames 8 to 14, of which 1/4 and 3/4 of seven are the second and the sixth.
    assert numbers(batch.inputs["video"]) == [[9, 13], [1, 3], [4, 4], [15, 16]]
    assert numbers(batch.inputs["sized"]["pictures"]) == [[9, 13], [1, 3], [4, 4], [15, 16]]
    assert batch.inputs["sized"]["size"].tolist() == [[6, 7], [0, 1], [2, 3], [8, 9]]


def test_the_training_view_takes_different_frames_in_their_order(tmp_path):
    split = clips(tmp_path)
    seen = [set() for _ in range(4)]
    for epoch in range(200):
        (batch,) = split.stream([torch.arange(4)], seed=0, epoch=epoch)
        for clip, taken in enumerate(numbers(batch.inputs["video"])):
            seen[clip].add(tuple(taken))
    assert seen[0] == set(itertools.combinations(range(8, 15), 2))
    assert seen[1] == set(itertools.combinations(range(4), 2))
    assert seen[2] == {(4, 4)}  # of one frame
    assert seen[3] == {(15, 16)}


@pytest.mark.parametrize("readers", [0, 1, 4])
def test_frames_do_not_depend_on_readers_memory_or_batches(tmp_path, readers):
    split = replace(clips(tmp_path), readers=readers)
    held = split.held()
    assert len(held.inputs["video"].frames) == 14  # clip 2 belongs to others
    assert split.stored_bytes == 2 * 14 * 6 + 4 * 16
    order = [torch.tensor([2, 0]), torch.tensor([3]), torch.tensor([1])]
    assert same(batches(split, order), batches(held, order))
    (whole,) = batches(split, [torch.arange(4)])
    for batch in batches(split, order):
        assert torch.equal(batch.inputs["video"], whole.inputs["video"][batch.index])
    chosen = torch.tensor([3, 0])
    for part in (split.part(chosen), held.part(chosen), held.to("cpu").part(chosen)):
        (batch,) = batches(part, [torch.arange(2)])
        assert torch.equal(batch.inputs["video"], whole.inputs["video"][chosen])
        assert numbers(part.batch(torch.arange(2)).inputs["video"]) == [[15, 16], [9, 13]]


def test_every_subset_is_equally_likely():
    draws = torch.rand(60_000, 3, generator=torch.Generator().manual_seed(0))
    found = subsets(torch.full((60_000,), 5), draws)
    counts = Counter(map(tuple, found.tolist()))
    assert counts.keys() == set(itertools.combinations(range(5), 3))
    assert scipy.stats.chisquare(list(counts.values())).pvalue > 0.001


def test_samples_are_named_by_their_ids_or_by_their_positions():
    inputs, target = {"left": np.zeros((4, 1), np.float32)}, np.array([0, 1, 0, 1])
    parts = {"train": np.array([0, 3]), "val": np.array([1]), "test": np.array([2])}
    named = arrays.assembled(("no", "yes"), inputs, target, parts, np.array([70, 71, 72, 73]))
    assert [ids.tolist() for ids in named.ids.values()] == [[70, 73], [71], [72]]
    assert arrays.assembled(("no", "yes"), inputs, target, parts).ids["train"].tolist() == [0, 3]
