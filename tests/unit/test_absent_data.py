"""Data that are not there: what is said of them, and that nothing is trained without their hash."""

import pytest
import yaml

from inforeg.errors import UserError
from inforeg.suite.absent import had, refuse_absent
from inforeg.suite.resolve import resolve
from tests.unit.conftest import refused


def test_data_that_are_pinned_are_not_absent(project):
    refuse_absent({"synthetic": {"toy"}}, project)
    refuse_absent({}, project)


@pytest.mark.parametrize(
    ("others", "end"),
    [({}, "add synthetic`."), ({"elsewhere": {"b", "a"}}, "or ask for the others by `--config only=a,b`.")],
)
def test_what_is_absent_is_named_with_its_remedy_and_what_can_be_had_without(project, others, end):
    pins = [{"path": f"data/{name}", "md5": f"{'0' * 32}.dir"} for name in others]
    (project.root / "data.dvc").write_text(yaml.safe_dump({"outs": pins}))
    with pytest.raises(UserError) as error:
        refuse_absent({"synthetic": {"toy"}, **others}, project)
    said = "`inforeg data prepare synthetic --output data/synthetic` and `inforeg data add synthetic`"
    assert f"reads data/synthetic, not in data.dvc yet; run {said}" in str(error.value)
    assert str(error.value).endswith(end)
    assert had("synthetic", project) == f"data/synthetic is not in data.dvc; run {said}."


def test_a_spec_that_was_planned_before_its_data_were_there_is_not_trained(project, capsys):
    spec = resolve(project, "toy", "joint", overrides={}).model_copy(update={"data_hash": None})
    assert "is of data/synthetic with hash None" in refused(capsys, "train", "--spec", spec.canonical())
