"""From one's own folder of clips to a table on them: a YAML for the benchmark, one for the table."""

from pathlib import Path

from tests import clips
from tests.media import make
from tests.workflow.conftest import Tree, experiment


def test_a_collection_of_clips_from_its_folder_to_its_table(fresh: Tree, tmp_path: Path) -> None:
    tree = fresh.copy(tmp_path / "project")
    raw = clips.write_raw(tmp_path / "raw")
    (raw / "low/3.mp4").unlink()
    make(raw / "low/3.mp4", 0.5, sound=False)
    data = {**clips.BENCHMARK["data"], "classes": [*clips.KINDS]}
    training = {"epochs": 1, "lr": 0.01, "batch_size": 4}
    benchmark = {**clips.BENCHMARK, "data": data, "training": training, "seeds_per_job": 2}
    tree.write("workflow/config/benchmarks/tones.yaml", benchmark)
    for words in (("prepare", "tones", "--raw", str(raw)), ("verify", "tones")):
        answer = tree.run("inforeg", "data", *words)
        assert answer.returncode == 0, answer.stderr
    tree.write("workflow/config/experiments/heard.yaml", experiment(["tones"], ["joint", "inforeg"]))

    tree.make("heard")
    table = (tree.path / "results/tables/heard.md").read_text(encoding="utf-8")
    assert " Tones (%) |" in table
    for row in ("Joint", "Inforeg"):
        assert f"| {row} " in table
    assert "n = 2 seeds" in table
    assert "Tones: 1 samples have no audio, and count for its own accuracy at chance." in table
    assert len(list((tree.path / "results/runs/tones").glob("*/default/seed=[01]/summary.json"))) == 4
