"""Hateful Memes: a folder in its owners' layout is prepared, trained on, and refused where it is wrong."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch

from inforeg.data import arrays, splits
from inforeg.data.gathered import Material
from inforeg.data.sets.hateful_memes import HatefulMemes
from inforeg.errors import UserError
from inforeg.registry import ENCODERS
from inforeg.runspec import RunConfig
from inforeg.suite.folders import gathering, manifest
from inforeg.suite.project import Project
from tests.conftest import make_config, make_spec
from tests.contract.cases import rows
from tests.unit.data.test_data_cli import call

COUNTS = {"train": 40, "dev_seen": 8, "test_seen": 6}
Line = dict[str, Any]


def png(path: Path, size: tuple[int, int], shade: int) -> None:
    """A picture of one grey, of height and width `size`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format="image2") as file:
        track = file.add_stream("png")
        track.height, track.width = size
        track.pix_fmt = "rgb24"
        file.mux(track.encode(av.VideoFrame.from_ndarray(np.full((*size, 3), shade, np.uint8), "rgb24")))
        file.mux(track.encode())


def lines() -> dict[str, list[Line]]:
    """By list; the label is told by a word and by the grey of the picture."""
    found: dict[str, list[Line]] = {}
    number = 1234
    for name, count in COUNTS.items():
        found[name] = []
        for i in range(count):
            text = f"{('fine', 'awful')[i % 2]} words, {name} {i}"
            found[name].append({"id": number, "img": f"img/{number:05}.png", "label": i % 2, "text": text})
            number += 1
    return found


def save(raw: Path, lists: dict[str, list[Line]]) -> Path:
    for name, content in lists.items():
        raw.mkdir(exist_ok=True)
        (raw / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in content))
    return raw


def write_raw(raw: Path) -> Path:
    """All lists and pictures."""
    lists = lines()
    for content in lists.values():
        for line in content:
            png(raw / line["img"], (20 + line["id"] % 5, 30), 50 + 100 * line["label"])
    return save(raw, lists)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return write_raw(tmp_path / "raw")


def prepare(raw: Path, **material: Any) -> Path:
    folder = raw.parent / "memes"
    gathering.gather(HatefulMemes(), Material(raw, **material), folder)
    return folder


def test_what_is_stored_is_what_the_lists_say(raw: Path) -> None:
    folder = prepare(raw)
    target = arrays.read(folder, "target")
    pictures, size = arrays.mapped(folder, "pictures"), arrays.read(folder, "size")
    assert pictures.shape == (54, 3, 256, 256)
    assert size[:3].tolist() == [[20 + number % 5, 30] for number in (1234, 1235, 1236)]
    assert pictures[:, 0, 100, 100].tolist() == (50 + 100 * target).tolist()
    assert target.tolist() == [i % 2 for i in [*range(40), *range(8), *range(6)]]
    known = json.loads((folder / "vocabulary.json").read_text())["words"]
    tokens, length = arrays.read(folder, "tokens"), arrays.read(folder, "length")
    assert [known[token - 1] for token in tokens[41, :3]] == ["awful", "words", ","]
    assert length[41] == 7  # dev _ seen 1: words of no training text are word 0
    assert tokens[41, 3:].tolist() == [0] * 61


def test_the_vocabulary_is_of_the_training_part_alone(raw: Path) -> None:
    lists = lines()
    for name in ("dev_seen", "test_seen"):
        for line in lists[name]:
            line["text"] += " secret secret"
    folder = prepare(save(raw, lists))
    known = json.loads((folder / "vocabulary.json").read_text())["words"]
    train = splits.read(folder, "dev")["train"]
    assert len(train) == 36
    assert {"fine", "awful", "words", ",", "train"} == set(known)
    assert "secret" not in known


def test_divisions_hold_each_class_alike_and_test_on_either_list(raw: Path) -> None:
    folder = prepare(raw)
    dev, test = HatefulMemes().load(folder), HatefulMemes(test="test").load(folder)
    assert (len(dev.train), len(dev.val), len(dev.test), len(test.test)) == (36, 4, 8, 6)
    assert dev.val.target.tolist().count(1) == 2
    assert torch.equal(dev.train.target, test.train.target)
    assert manifest.read(folder).counts["test"]["test"] == {"not hateful": 3, "hateful": 3}
    assert dev.shape("image") == (3, 224, 224)
    assert dev.shape("text") == {"tokens": (64,), "length": ()}


def test_an_interruption_divides_as_none(raw: Path, tmp_path: Path) -> None:
    plain = prepare(raw)
    ids = {name: i for i, name in enumerate(str(line["id"]) for each in lines().values() for line in each)}
    (other := tmp_path / "other").mkdir()
    late = raw / "img/01236.png"
    content = late.read_bytes()
    late.write_bytes(content[:-30])
    with pytest.raises(UserError, match=r"01236\.png"):
        gathering.gather(HatefulMemes(), Material(raw), other / "memes")
    late.write_bytes(content)
    gathering.gather(HatefulMemes(), Material(raw), other / "memes")
    size = arrays.read(other / "memes", "size")
    assert size[-1].tolist() == [20 + 1236 % 5, 30]  # it is the last row now
    order = [*(i for i in range(54) if i != ids["1236"]), ids["1236"]]
    for part, positions in splits.read(plain, "dev").items():
        again = splits.read(other / "memes", "dev")[part]
        assert sorted(order[row] for row in again) == positions.tolist()
    for name in ("tokens", "target"):
        assert np.array_equal(arrays.read(plain, name)[order], arrays.read(other / "memes", name))


@pytest.mark.parametrize("there", [True, False])
def test_a_test_without_labels_is_left_out(raw: Path, there: bool) -> None:
    lists = lines()
    for line in lists["test_seen"]:
        del line["label"]
    save(raw, lists)
    if not there:
        (raw / "test_seen.jsonl").unlink()
    folder = prepare(raw)
    assert len(arrays.read(folder, "target")) == 48
    assert manifest.read(folder).gathered["memes"] == {"train": 40, "dev": 8, "test": 0}
    with pytest.raises(UserError, match=r"memes holds no labels of the part test; make it of a folder with"):
        HatefulMemes(test="test").load(folder)


def test_the_first_releases_names_are_known(raw: Path) -> None:
    for name in ("dev", "test"):
        (raw / f"{name}_seen.jsonl").rename(raw / f"{name}.jsonl")
    assert len(HatefulMemes(test="test").load(prepare(raw)).test) == 6


def test_long_texts_are_cut_and_counted(raw: Path) -> None:
    lists = lines()
    lists["train"][0]["text"] = "very " * 100
    folder = prepare(save(raw, lists))
    assert arrays.read(folder, "length")[0] == 64
    assert manifest.read(folder).gathered["cut"] == 1


def test_ends_of_lines_inside_a_text_are_none(raw: Path) -> None:
    lists = lines()
    lists["train"][0]["text"] = "one\u2028two\x85three"
    (raw / "train.jsonl").write_text(
        "".join(json.dumps(line, ensure_ascii=False) + "\r\n" for line in lists["train"]), newline=""
    )
    assert arrays.read(prepare(raw), "length")[0] == 3


def test_the_configured_encoders_fit(raw: Path) -> None:
    data = HatefulMemes().load(prepare(raw))
    config = Project(Path(__file__).parents[3]).benchmark("hateful_memes")
    inputs = data.train.batch(torch.arange(2)).inputs
    for modality, chosen in config.encoders.items():
        network = ENCODERS.build(chosen.kind, chosen.options).build(data.shape(modality), torch.Generator())
        assert network(inputs[modality]).shape == (2, 512)


def test_the_command_makes_it_and_methods_train_on_it(
    raw: Path, project: Project, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Path], capsys: Any
) -> None:
    monkeypatch.setenv("INFOREG_ROOT", str(project.root))
    call("prepare", "hateful_memes", "--raw", str(raw))
    assert "dev train: 36 samples (hateful 18, not hateful 18)" in capsys.readouterr().out
    data = HatefulMemes().load(project.root / "data/hateful_memes")
    encoders = {
        "image": {"kind": "conv2d", "channels": [2], "kernel": 5, "stride": 8, "features": 4},
        "text": {
            "kind": "text_transformer",
            "vocabulary": 16,
            "width": 4,
            "depth": 1,
            "heads": 2,
            "features": 4,
        },
    }
    plain = make_config(tuple(encoders), training={"epochs": 3, "lr": 0.01})
    config = RunConfig.model_validate({**plain.model_dump(), "encoders": encoders})
    for method in ("joint", "inforeg"):
        assert len(rows(run(make_spec(method, config=config), data, root=method))) == 3
