"""Random crops against torchvision's definition of them, and against torch's own resizing."""

import math

import pytest
import torch
import torch.nn.functional as F

from inforeg.data.pictures import DEVIATION, DRAWS, MEAN, TRIES, RandomResizedCrops, crops, resizing

SCALE, RATIO = (0.08, 1.0), (3 / 4, 4 / 3)


def draws(*tries: tuple[float, float], corner: tuple[float, float] = (0.0, 0.0), flip: float = 0.9):
    """Of one picture: the rest of the tries ask for all of the area at the widest aspect: too wide."""
    listed = [*tries, *[(1.0, 1.0)] * (TRIES - len(tries))]
    return torch.tensor([[number for each in (*listed, corner) for number in each] + [flip]])


def box(height, width, *args, **kwargs):
    return crops(sizes(height, width), draws(*args, **kwargs), SCALE, RATIO)[0].tolist()


def sizes(height: int, width: int, count: int = 1):
    return torch.tensor([[height, width]]).expand(count, 2)


def test_area_and_aspect_by_hand():
    # 0.5 is in the middle of both: 54 % of 100 x 100 = 5400 pixels, square: 73 x 73, with room for 28.
    assert box(100, 100, (0.5, 0.5), corner=(0.5, 0.999)) == [14, 27, 73, 73]
    # The widest aspect: sqrt(5400 * 4 / 3) = 85 wide and sqrt(5400 * 3 / 4) = 64 tall.
    assert box(100, 100, (0.5, 1.0)) == [0, 0, 64, 85]


def test_the_first_try_that_fits_is_taken():
    assert box(100, 100, (1.0, 1.0), (0.5, 0.5)) == [0, 0, 73, 73]


@pytest.mark.parametrize(
    ("size", "expected"),
    [((100, 100), [0, 0, 100, 100]), ((30, 100), [0, 30, 30, 40]), ((100, 30), [30, 0, 40, 30])],
)
def test_where_none_fits_it_is_the_largest_in_the_middle(size, expected):
    never = draws(*[(1.0, 1.0 if size[0] >= size[1] else 0.0)] * TRIES)
    assert crops(sizes(*size), never, SCALE, RATIO)[0].tolist() == expected


def one_by_one(height, width, drawn):
    """The box of one picture, as torchvision's loop over tries finds it."""
    for share, place in drawn[: 2 * TRIES].reshape(TRIES, 2).tolist():
        area = height * width * (SCALE[0] + (SCALE[1] - SCALE[0]) * share)
        aspect = math.exp(math.log(RATIO[0]) + (math.log(RATIO[1]) - math.log(RATIO[0])) * place)
        wide, tall = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < wide <= width and 0 < tall <= height:
            down, right = drawn[2 * TRIES : 2 * TRIES + 2].tolist()
            return [
                math.floor(down * (height - tall + 1)),
                math.floor(right * (width - wide + 1)),
                tall,
                wide,
            ]
    return None


@pytest.mark.parametrize("size", [(256, 256), (256, 341), (341, 256)])
def test_all_at_once_is_one_by_one(size):
    drawn = torch.rand(500, DRAWS, generator=torch.Generator().manual_seed(0))
    found = crops(sizes(*size, 500), drawn, SCALE, RATIO).tolist()
    assert found == [one_by_one(*size, each) for each in drawn]


def test_resizing_by_hand():
    # Four values to two: triangles around 1 and 3, two wide to each side.
    expected = torch.tensor([[3 / 7, 3 / 7, 1 / 7, 0], [0, 1 / 7, 3 / 7, 3 / 7]])
    torch.testing.assert_close(resizing(4, torch.tensor([0]), torch.tensor([4]), 2)[0], expected)


@pytest.mark.parametrize("length", [5, 16, 37])
def test_resizing_is_torchs(length):
    lines = torch.rand(1, 1, length, 7, generator=torch.Generator().manual_seed(length))
    expected = F.interpolate(lines[:, :, 2 : length - 1], (16, 7), mode="bilinear", antialias=True)
    (matrix,) = resizing(length, torch.tensor([2]), torch.tensor([length - 3]), 16)
    torch.testing.assert_close(matrix @ lines, expected)


def clip(frames=2):
    shape = (3, frames, 3, 40, 60)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


def normalised(picture):
    """(3, H, W) of 0..255 as the encoder is given it."""
    mean, deviation = (torch.tensor(each)[:, None, None] for each in (MEAN, DEVIATION))
    return (picture / 255 - mean) / deviation


def resized(picture):
    return F.interpolate(picture[None].float(), (24, 24), mode="bilinear", antialias=True)[0]


@pytest.mark.parametrize("frames", [1, 2])
def test_a_view_is_crop_flip_resize_and_normalise(frames):
    transform, stored = RandomResizedCrops(size=24, frames=frames), clip()
    drawn = torch.rand(3, transform.draws, generator=torch.Generator().manual_seed(2))
    view = transform.augmented(stored, drawn)
    assert view.shape == (3, *transform.shape(stored.shape[1:]))
    boxes = crops(sizes(40, 60, 3 * frames), drawn.view(-1, DRAWS), SCALE, RATIO).view(3, frames, 4)
    flips = drawn.view(3, frames, DRAWS)[..., -1] < 0.5
    assert flips.any()
    assert not flips.all()
    for sample in range(3):
        for frame in range(2):
            own = frame if frames > 1 else 0
            top, left, tall, wide = boxes[sample, own].tolist()
            expected = resized(stored[sample, frame, :, top : top + tall, left : left + wide])
            if flips[sample, own]:
                expected = expected.flip(2)
            torch.testing.assert_close(view[sample, :, frame], normalised(expected), atol=2e-5, rtol=1e-5)


def test_the_clean_view_is_the_whole_picture():
    stored = clip()[:, 0]
    view = RandomResizedCrops(size=24).clean(stored)
    for sample in range(3):
        torch.testing.assert_close(view[sample], normalised(resized(stored[sample])), atol=2e-5, rtol=1e-5)


def test_crops_of_squeezed_pictures_are_chosen_in_the_pictures_as_they_were():
    """The same part of a picture, whether it is stored as it was or squeezed to half its width."""
    ramp = torch.linspace(0, 255, 600).expand(3, 400, 600)
    squeezed = F.interpolate(ramp[None], (400, 300), mode="area")
    drawn = torch.rand(2, DRAWS, generator=torch.Generator().manual_seed(3))
    transform = RandomResizedCrops(size=24)
    stored = {"pictures": squeezed.expand(2, -1, -1, -1), "size": torch.tensor([[400, 600]] * 2)}
    assert transform.shape({"pictures": (3, 400, 300), "size": (2,)}) == (3, 24, 24)
    expected = transform.augmented(ramp.expand(2, -1, -1, -1), drawn)
    torch.testing.assert_close(transform.augmented(stored, drawn), expected, atol=0.03, rtol=0)
    torch.testing.assert_close(
        transform.clean(stored), transform.clean(ramp[None].expand(2, -1, -1, -1)), atol=0.03, rtol=0
    )


def test_sizes_of_one_batch_may_differ():
    found = crops(torch.tensor([[100, 100], [30, 100]]), draws((0.5, 0.5)).repeat(2, 1), SCALE, RATIO)
    # 54 % of 30 x 100 as a square is 40 x 40, which does not fit; nor do the other tries.
    assert found.tolist() == [[0, 0, 73, 73], [0, 30, 30, 40]]


def test_a_samples_view_does_not_hang_on_its_batch():
    transform, stored = RandomResizedCrops(size=24, frames=2), clip()
    drawn = torch.rand(3, transform.draws, generator=torch.Generator().manual_seed(2))
    alone = transform.augmented(stored[1:2], drawn[1:2])
    torch.testing.assert_close(transform.augmented(stored, drawn)[1:2], alone)
