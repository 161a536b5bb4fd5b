"""CMU-MOSI: made files in the field's layout are prepared, trained on, and refused where they are wrong."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from inforeg.data import segments
from inforeg.data.gathered import Material
from inforeg.data.sequences import StandardisedSteps, spans, to_front
from inforeg.data.sets.mosi import MOSI, classes
from inforeg.errors import UserError
from inforeg.registry import DATASETS, ENCODERS
from inforeg.runspec import RunConfig
from inforeg.suite.folders import gathering, manifest
from inforeg.suite.project import Project
from tests.conftest import make_config, make_spec
from tests.contract.cases import rows
from tests.unit.data.test_data_cli import call

COUNTS = {"train": 24, "valid": 9, "test": 12}
WIDTHS = {"text": 6, "audio": 4, "vision": 3}


def content(steps: int = 5) -> dict[str, Any]:
    """Segments of 1 to `steps` aligned steps, whose first channels tell the sentiment, after padding."""
    generator = np.random.default_rng(0)
    made: dict[str, Any] = {}
    for part, count in COUNTS.items():
        sentiment = np.arange(count) % 7 - 3.0
        made[part] = {"labels": sentiment[:, None, None], "id": [f"{part}[{i}]" for i in range(count)]}
        for modality, width in WIDTHS.items():
            values = generator.normal(size=(count, steps, width))
            values[..., 0] += sentiment[:, None]
            for row in range(count):
                values[row, : row % steps] = 0
            made[part][modality] = values
    return made


def saved(folder: Path, made: Any, name: str = "mosi_raw.pkl") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(pickle.dumps(made))
    return folder


def prepared(tmp_path: Path, made: Any) -> Path:
    gathering.gather(MOSI(), Material(saved(tmp_path / "raw", made), min_share=0.0), tmp_path / "mosi")
    return tmp_path / "mosi"


def test_sequences_begin_at_the_front_with_their_length(tmp_path: Path) -> None:
    made = content()
    data = MOSI().load(prepared(tmp_path, made))
    batch = data.train.batch(torch.arange(COUNTS["train"]))
    assert data.train.shape("audio") == {"values": (5, 4), "length": ()}
    for modality in WIDTHS:
        assert batch.inputs[modality]["length"].tolist() == [5 - row % 5 for row in range(COUNTS["train"])]
    stored = data.train.arrays["audio"]["values"]
    np.testing.assert_array_equal(stored[3, :2], made["train"]["audio"][3, 3:].astype(np.float32))
    assert not stored[3, 2:].any()
    assert [len(part) for part in (data.train, data.val, data.test)] == list(COUNTS.values())


def test_channels_are_standardised_over_the_steps_of_training(tmp_path: Path) -> None:
    data = MOSI().load(prepared(tmp_path, content()))
    inputs = data.train.batch(torch.arange(COUNTS["train"])).inputs["text"]
    steps = inputs["values"][torch.arange(5) < inputs["length"][:, None]].double()
    torch.testing.assert_close(steps.mean(0), torch.zeros(6).double(), atol=1e-6, rtol=0)
    torch.testing.assert_close(steps.std(0, correction=0), torch.ones(6).double(), atol=1e-6, rtol=0)


def test_a_channel_that_does_not_vary_is_not_blown_up() -> None:
    values = np.full((700, 2, 1), 0.1, np.float32)
    values[0] += np.float32(1e-8)
    fitted = StandardisedSteps.fitted(values, np.full(700, 2), np.arange(700))
    assert fitted.deviation.item() == 1


def test_spans_and_their_move_by_hand() -> None:
    present = np.array([[0, 1, 0, 1, 0], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0], [0, 0, 0, 0, 1]], bool)
    first, length = spans(present)
    assert (first.tolist(), length.tolist()) == ([1, 0, 0, 4], [3, 5, 0, 1])
    moved = to_front(np.arange(1.0, 6)[None, :, None].repeat(4, 0), first, length)
    assert moved[..., 0].tolist() == [[2, 3, 4, 0, 0], [1, 2, 3, 4, 5], [0] * 5, [5, 0, 0, 0, 0]]


def changed(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    made = content()
    change(made)
    return made


def ends(made: dict[str, Any], modality: str) -> list[int]:
    """Lengths of the first segments, in the order of `content`."""
    parts = [segments._segments(made[part], part) for part in segments.PARTS]
    return segments.from_the_front(segments.together(parts, "")).lengths[modality].tolist()[:3]


def test_aligned_steps_are_padding_where_all_modalities_are_zero() -> None:
    def silence(made: dict[str, Any]) -> None:
        made["train"]["audio"][0, [0, 1, 4]] = 0

    assert ends(changed(silence), "audio") == [5, 4, 3]


def test_of_sequences_that_are_not_aligned_each_has_its_own_padding() -> None:
    def shorter(made: dict[str, Any]) -> None:
        for part, count in COUNTS.items():
            made[part]["vision"] = np.concatenate([np.zeros((count, 2, 3)), made[part]["vision"]], 1)
        made["train"]["audio"][0, [0, 1, 4]] = 0

    made = changed(shorter)
    assert ends(made, "audio") == [2, 4, 3]
    assert ends(made, "vision") == ends(made, "text") == [5, 4, 3]


def test_lengths_of_the_file_are_taken() -> None:
    def stated(made: dict[str, Any]) -> None:
        for part, count in COUNTS.items():
            made[part]["audio_lengths"] = [2] * count

    made = changed(stated)
    assert ends(made, "audio") == [2, 2, 2]
    assert ends(made, "text") == [5, 4, 3]


def test_parts_of_different_lengths_are_padded_to_the_longest(tmp_path: Path) -> None:
    made = content()
    for modality in WIDTHS:
        made["test"][modality] = made["test"][modality][:, 2:]
    data = MOSI().load(prepared(tmp_path, made))
    assert data.test.shape("text") == {"values": (5, 6), "length": ()}


def test_what_is_not_finite_is_0_and_counted(tmp_path: Path) -> None:
    made = content()
    made["train"]["audio"][0, 4, :2] = -np.inf, np.nan
    made["test"]["vision"][1, 4, 0] = 1e300
    folder = prepared(tmp_path, made)
    facts = manifest.read(folder).gathered
    assert facts["not_finite"] == {"text": 0, "audio": 2, "vision": 1}
    assert facts["segments"] == COUNTS
    assert facts["aligned"] is True
    assert MOSI().load(folder).train.arrays["audio"]["values"][0, 4, :2].tolist() == [0, 0]


SENTIMENTS = [-3.0, -2.6, -0.6, -0.5, -0.4, 0.0, 0.4, 0.5, 1.5, 2.4, 3.0]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        (2, [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]),
        (3, [0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2]),
        (7, [0, 0, 2, 3, 3, 3, 3, 3, 5, 5, 6]),
    ],
)
def test_levels_by_hand(levels: int, expected: list[int]) -> None:
    assert classes(np.array(SENTIMENTS, np.float32), levels).tolist() == expected


@pytest.mark.parametrize(
    ("options", "names", "samples"),
    [
        ({}, ("negative", "neutral", "positive"), 24),
        ({"levels": 2}, ("negative", "not negative"), 24),
        ({"levels": 2, "zero": "left_out"}, ("negative", "positive"), 21),
        ({"levels": 7}, ("-3", "-2", "-1", "0", "1", "2", "3"), 24),
    ],
)
def test_one_folder_serves_all_levels(
    tmp_path: Path, options: dict[str, Any], names: tuple[str, ...], samples: int
) -> None:
    data = DATASETS.build("mosi", options).load(prepared(tmp_path, content()))
    assert data.classes == names
    assert len(data.train) == samples
    assert sorted(set(data.train.target.tolist())) == list(range(len(names)))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"levels": 5}, "levels = 5 is not valid"),
        ({"zero": "left_out"}, "zero is left out of two classes only"),
    ],
)
def test_options_are_checked(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        DATASETS.build("mosi", options)


def test_names_of_bytes_and_of_several_parts_are_names() -> None:
    made = content()["valid"]
    made["id"] = np.array([[b"video", str(i).encode()] for i in range(9)])
    assert segments._segments(made, "valid").names[:2] == ("video 0", "video 1")


def test_the_configured_encoders_fit(tmp_path: Path) -> None:
    data = MOSI().load(prepared(tmp_path, content()))
    config = Project(Path(__file__).parents[3]).benchmark("mosi")
    inputs = data.train.batch(torch.arange(2)).inputs
    for modality, chosen in config.encoders.items():
        network = ENCODERS.build(chosen.kind, chosen.options).build(data.shape(modality), torch.Generator())
        assert network(inputs[modality]).shape == (2, 120)


def test_the_command_makes_it_and_methods_train_on_it(
    tmp_path: Path, project: Project, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Path], capsys: Any
) -> None:
    monkeypatch.setenv("INFOREG_ROOT", str(project.root))
    call("prepare", "mosi", "--raw", str(saved(tmp_path / "raw", content())), "--min-share", "0")
    assert "train: 24 samples (negative 12, neutral 3, positive 9)" in capsys.readouterr().out
    data = MOSI().load(project.root / "data/mosi")
    small = {
        "kind": "sequence_transformer",
        "width": 4,
        "depth": 1,
        "heads": 2,
        "dropout": 0.1,
        "features": 4,
    }
    plain = make_config(tuple(WIDTHS), training={"epochs": 3})
    config = RunConfig.model_validate({**plain.model_dump(), "encoders": dict.fromkeys(WIDTHS, small)})
    for method in ("joint", "inforeg"):
        assert len(rows(run(make_spec(method, config=config), data, root=method))) == 3
