"""An epoch on data in the size and layout of CREMA-D's prepared folder, made of noise.

    python -m tests.benchmarks.cremad FOLDER CLIPS METHOD [--machine KEY=VALUE]... [--bf16] [--pixels N]

makes FOLDER with CLIPS clips if it is not there (2.2 MB each), trains an epoch of a ResNet-18 pair on nine
tenths of them, and prints, as JSON, samples per second, the share of the time until a batch was there (read,
moved, made into spectra and crops), and peak memory: RssAnon of the process, and of the GPU, if any.
"""

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np

from inforeg.cli.options import add_machine
from inforeg.data import arrays, splits
from inforeg.data.decoding import write_ranges
from inforeg.data.growing import Growing
from inforeg.data.sets.cremad import CremaD
from inforeg.engine.finished import read_cost
from inforeg.engine.train import train
from inforeg.reading import validated
from inforeg.runspec import Machine, RunConfig
from tests.benchmarks.clips import Peak
from tests.conftest import make_spec

FRAMES = 8
"""Of a clip of 2.5 s at 3 a second."""


def make(folder: Path, clips: int) -> None:
    """Write so many clips, and the field's division of them; the same bytes every time."""
    folder.mkdir(parents=True)
    recipe = CremaD().recipe
    sizes = {"audio": 1, "frames": FRAMES, "size": 1}
    for name, rows in recipe.rows.items():
        with Growing(folder / f"{name}.npy", rows.shape, rows.dtype, 0) as file:
            generator = np.random.default_rng(0)
            for _ in range(clips):
                file.append(generator.integers(1, 127, (sizes[name], *rows.shape)).astype(rows.dtype))
    write_ranges(folder, "frames", [FRAMES] * clips)
    target = np.arange(clips) % len(CremaD.classes)
    arrays.write(folder, target=target)
    test, val = clips // 10, max(clips // 20, 12)
    ends = [clips - test - val, clips - test]
    splits.write(folder, "field", dict(zip(splits.PARTS, np.split(np.arange(clips), ends), strict=True)))


def epoch(folder: Path, args: argparse.Namespace) -> dict[str, float]:
    """Train an epoch; what it took."""
    config = RunConfig(
        data={"name": "cremad", "pixels": args.pixels},
        encoders={"audio": {"kind": "resnet18"}, "video": {"kind": "resnet18_clip"}},
        training={"epochs": 1, "lr": 0.002, "precision": "bf16" if args.bf16 else "float32"},
    )
    spec = make_spec(args.method, config=config)
    data = CremaD(pixels=args.pixels).load(folder)
    with tempfile.TemporaryDirectory() as runs, Peak() as peak:
        run = Path(runs, "run")
        train(spec, run, data, Path(runs), validated(Machine, dict(args.machine), "--machine"))
        cost = read_cost(run, spec.digest(), "run it again")
    waiting = cost["reading_seconds"] / cost["training_seconds"]
    told = ("training_seconds", "samples_per_second", "peak_memory_mib")
    return {**{name: cost[name] for name in told}, "waiting": waiting, "anonymous_mib": peak.mib}


def main() -> None:
    """Make the folder if need be, and print what an epoch takes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("clips", type=int)
    parser.add_argument("method")
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--pixels", type=int, default=224)
    add_machine(parser)
    args = parser.parse_args()
    if not args.folder.exists():
        make(args.folder, args.clips)
    print(json.dumps(epoch(args.folder, args)))


if __name__ == "__main__":
    main()
