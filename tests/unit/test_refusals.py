"""Bad input on the command line and in rows: one sentence each, and nothing is written."""

import pytest

from tests.unit.conftest import EXPERIMENT, TRAIN, refused, write


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "--benchmark", "toys", "--method", "joint"], "no benchmark 'toys'; did you mean 'toy'?"),
        ([*TRAIN, "infroeg"], "no method 'infroeg'; did you mean 'inforeg'?"),
        ([*TRAIN, "inforeg", "--set", "betta=1"], "'betta'; did you mean 'beta'?"),
        ([*TRAIN, "inforeg", "--set", "beta=-1"], "beta = -1 is not valid"),
        ([*TRAIN, "inforeg", "--set", "beta=high"], "beta = 'high' is not valid"),
        ([*TRAIN, "joint", "--set", "training.lrr=1"], "'lrr'; did you mean 'lr'?"),
        ([*TRAIN, "joint", "--set", "training.lr=0"], "training.lr = 0 is not valid"),
        ([*TRAIN, "joint", "--set", "training.lr.x=0"], "'training.lr.x' leads nowhere"),
        ([*TRAIN, "joint", "--set", "data.tran=9"], "'tran'; did you mean 'train'?"),
        ([*TRAIN, "joint", "--set", "fusion=conct"], "no fusion 'conct'; did you mean 'concat'?"),
        ([*TRAIN, "joint", "--set", "encoders.first.kind=mpl"], "no encoder 'mpl'; did you mean 'mlp'?"),
        ([*TRAIN, "joint", "--set", "encoders.first.hiden=[3]"], "'hiden'; did you mean 'hidden'?"),
        (
            [*TRAIN, "joint", "--set", "encoders.first={kind: conv1d}", "--out", "x"],
            "takes samples with 2 dimensions",
        ),
        ([*TRAIN, "unimodal"], "set modality to first or second"),
        ([*TRAIN, "joint", "--variant", "Evil"], "no variant of method 'joint' named 'Evil'"),
        ([*TRAIN, "joint", "--variant", "Evil", "--set", "training.lr=.1"], "variant = 'Evil' is not valid"),
        ([*TRAIN, "inforeg", "--variant", "relased"], "named 'relased'; did you mean 'released'?"),
        ([*TRAIN, "unimodal", "--variant", "frist"], "named 'frist'; did you mean 'first'?"),
        ([*TRAIN, "joint", "--set", "training.lr=.07"], "variant of its own, such as 'training_lr_0_07'"),
        ([*TRAIN, "inforeg", "--variant", "released", "--set", "beta=.5"], "such as 'beta_0_5'"),
        ([*TRAIN, "ensemble", "--set", "training.epochs=1", "--out", "x"], "such as 'training_epochs_1'"),
        ([*TRAIN, "joint", "--set", "title=Mine", "--variant", "mine"], "named 'title'"),
        ([*TRAIN, "joint", "--set", "seeds_per_job=2", "--variant", "mine"], "named 'seeds_per_job'"),
        ([*TRAIN, "joint", "--set", f"training.epochs=x{'9' * 400}", "--variant", "a"], "is too large"),
        ([*TRAIN, "inforeg", "--set", "version=3"], "no setting of method 'inforeg' named 'version'"),
        (["train", "--benchmark", "toy"], "needs a --method"),
        ([*TRAIN, "joint", "--set", "fusion=film", "--set", "encoders.third={kind: mlp}"], "modality"),
        (
            [*TRAIN, "inforeg", "--set", "leader=thrid", "--out", "x"],
            "leader = 'thrid' is none of first, second",
        ),
        ([*TRAIN, "inforeg", "--set", "beta=.inf"], "a number in it is not finite"),
        ([*TRAIN, "unimodal", "--set", "modality=first", "--set", "unimodal_weight=1"], "has no say"),
        ([*TRAIN, "inforeg", "--set", "beta"], "--set 'beta' is not of the form key=value"),
        ([*TRAIN, "inforeg", "--set", "beta=!!bool x"], "The value of --set 'beta' is not valid YAML"),
        ([*TRAIN, "inforeg", "--set", "beta=0x_"], "The value of --set 'beta' is not valid YAML"),
        ([*TRAIN, "inforeg", "--set", f"beta={'[' * 5000}"], "The value of --set 'beta' is not valid YAML"),
        ([*TRAIN, "joint", "--seeds", "none"], "--seeds 'none' is neither a seed nor a range"),
        ([*TRAIN, "joint", "--seeds", "9-1"], "--seeds '9-1' is neither a seed nor a range"),
        ([*TRAIN, "joint", "--seeds", "3,,5"], "--seeds '3,,5' is neither a seed nor a range"),
        ([*TRAIN, "joint", "--seeds", "0-9999,10000"], "at most 10000 of them"),
        ([*TRAIN, "joint", "--seeds", "0-999999999"], "at most 10000 of them"),
        ([*TRAIN, "joint", "--seeds", "9" * 5000], "is neither a seed nor a range"),
        ([*TRAIN, "joint", "--seed", "1000000000"], "give numbers up to 999999999"),
        ([*TRAIN, "joint", "--sede", "1"], "unrecognized arguments: --sede 1; see `inforeg --help`"),
        (["trian"], "invalid choice: 'trian'"),
        ([], "the following arguments are required: COMMAND; see `inforeg --help`"),
        ([*TRAIN, "joint", "--set", "training.epochs=1000001"], "less than or equal to 1000000"),
        ([*TRAIN, "joint", "--set", "training.batch_size=1000000000"], "less than or equal to 1000000"),
        ([*TRAIN, "joint", "--set", "data.train=1000000000000"], "less than or equal to 1000000"),
        ([*TRAIN, "joint", "--set", "data.shared=1e300"], "shared = 1e+300 is not valid: beyond"),
        ([*TRAIN, "joint", "--set", "encoders.first.hidden=[1000000000]"], "less than or equal to 16384"),
        (
            [
                *TRAIN,
                "joint",
                "--set",
                "encoders.first={kind: resnet18}",
                "--set",
                "training.batch_size=1",
                "--out",
                "x",
            ],
            "training.batch_size must be at least 2",
        ),
        (["train", "--spec", "[" * 5000], "--spec is not valid JSON"),
        (["train", "--spec", "{}", "--set", "beta=1"], "--spec is whole"),
        (["train", "--spec", "{"], "--spec is not valid JSON"),
        (["train", "--spec", "{}"], "--spec lacks the setting 'benchmark'; add it"),
        ([*TRAIN, "joint", "--seeds", "0-3", "--out", "x"], "--out names one directory"),
        (["evaluate", "nowhere"], "nowhere holds no finished run; train it first"),
        (["collect", "mian"], "no experiment 'mian'; did you mean 'main'?"),
        (["collect", "main"], "results/runs/toy/unimodal/first/seed=0"),
    ],
    ids=lambda value: " ".join(value[-2:]) if isinstance(value, list) else "",
)
def test_bad_input_is_refused_in_one_sentence_and_nothing_is_written(project, capsys, arguments, words):
    assert words in refused(capsys, *arguments)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"method": "inforeg", "variant": "relased"}, "named 'relased'; did you mean 'released'?"),
        ({"method": "unimodal", "variant": "mine"}, "no variant of method 'unimodal' named 'mine'"),
        (
            {"method": "inforeg", "set": {"beta": 0.5}},
            "beta = 0.5 makes another run than the variant 'default'",
        ),
        ({"method": "inforeg", "variant": "rate", "set": {"training.lr": "x2"}}, "such as 'training_lr_x2'"),
    ],
)
def test_a_row_has_the_settings_that_its_name_says(project, capsys, row, words):
    rows = [*EXPERIMENT["rows"], {"label": "Another", **row}]
    write(project.root / "workflow/config/experiments/main.yaml", {**EXPERIMENT, "rows": rows})
    assert words in refused(capsys, "check")
