"""The configuration as a whole: what is refused before anything runs."""

import pytest

from inforeg.checks import configuration
from inforeg.errors import UserError
from tests.unit.conftest import BENCHMARK, EXPERIMENT, write
from tests.unit.test_tuning import TUNING

CONFIG = {"experiments": ["main"], "quick": "main"}
EXPERIMENTS = "workflow/config/experiments"


def test_a_run_is_counted_once_and_none_that_no_job_trains(project):
    write(project.root / "workflow/config/tuning.yaml", TUNING)
    found = configuration(project)
    assert found.runs == 5 * 3 + 4 * 3 * 2  # cells and seeds; rows and modalities, trials and seeds
    assert found.data == {"synthetic"}


@pytest.mark.parametrize("target", ["all", "claims", "table_main", "figure_main"])
def test_a_target_does_not_take_the_name_of_a_rule(project, target):
    write(project.root / "workflow/config/config.yaml", {**CONFIG, "targets": {target: ["main"]}})
    with pytest.raises(UserError, match=f"the target '{target}' is the workflow's own"):
        configuration(project)


def test_two_experiments_do_not_make_one_file(project):
    write(project.root / f"{EXPERIMENTS}/main_toy.yaml", EXPERIMENT)
    with pytest.raises(UserError, match=r"main and main_toy would both make tables/main_toy\.tex; rename"):
        configuration(project)


@pytest.mark.parametrize("folder", ["benchmarks", "experiments"])
@pytest.mark.parametrize(
    "name", ["$(touch x).yaml", "a b.yaml", "A.yaml", "main.yml", "-x.yaml", "notes", "it's.yaml", "\n.yaml"]
)
def test_a_file_whose_name_cannot_be_used_is_refused(project, folder, name):
    where = project.root / "workflow/config" / folder
    write(where / name, EXPERIMENT if folder == "experiments" else BENCHMARK)
    with pytest.raises(UserError, match="rename the file, or move it elsewhere") as refused:
        configuration(project)
    assert f"{where} holds {name!r}" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_what_editors_and_systems_leave_is_ignored(project):
    before = configuration(project)
    where = project.root / EXPERIMENTS
    for name in (".DS_Store", "._main.yaml", "main.yaml~", "#main.yaml#", ".main.yaml.swp", "main.yaml.orig"):
        (where / name).write_bytes(b"\0")
    (where / ".#main.yaml").symlink_to("somebody@somewhere.123:456")  # the lock of an Emacs
    for folder in (".ipynb_checkpoints", "old"):
        write(where / folder / "other.yaml", EXPERIMENT)
    assert configuration(project) == before
