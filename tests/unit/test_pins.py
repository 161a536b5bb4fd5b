"""data.dvc pins folders directly below data/, each once; anything else in it is one sentence."""

from pathlib import Path

import pytest

from inforeg.__main__ import main
from inforeg.errors import UserError
from inforeg.suite.folders import store
from inforeg.suite.project import Project

MD5 = "0123456789abcdef0123456789abcdef.dir"
ELSEWHERE = [
    "/etc",
    "data/../../x",
    "../data/x",
    "x",
    "data",
    "data/..",
    "data/x/y",
    "",
    ".",
    "data/\\0",
    "out/x",
]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "workflow/config/benchmarks").mkdir(parents=True)
    (tmp_path / "data").mkdir()
    (tmp_path / "out").symlink_to(tmp_path.parent)
    return Project(tmp_path)


def write(project: Project, text: str) -> None:
    (project.root / "data.dvc").write_text(text)


@pytest.mark.parametrize("path", ELSEWHERE)
def test_paths_elsewhere_are_refused_by_name(project: Project, path: str) -> None:
    write(project, f'outs:\n- md5: {MD5}\n  path: "{path}"\n')
    with pytest.raises(
        UserError, match=r"data\.dvc names .*, which is not directly in .*data; it was not touched"
    ):
        project.data_hashes()


@pytest.mark.parametrize("path", ["data/x", "./data/x", "data//x/", "data/y/../x", "out/{root}/data/x"])
def test_paths_are_resolved(project: Project, path: str) -> None:
    write(project, f"outs:\n- md5: {MD5}\n  path: {path.format(root=project.root.name)}\n")
    assert project.data_hashes() == {"x": MD5}


def test_the_folder_of_work_counts(project: Project) -> None:
    write(project, f"wdir: data\nouts:\n- md5: {MD5}\n  path: x\n")
    assert project.data_hashes() == {"x": MD5}
    write(project, f"wdir: ..\nouts:\n- md5: {MD5}\n  path: data/x\n")
    with pytest.raises(UserError, match=r"names 'data/x', which is not directly in"):
        project.data_hashes()


def test_data_on_another_disk(project: Project, tmp_path: Path) -> None:
    (project.root / "data").rmdir()
    (tmp_path / "disk/x").mkdir(parents=True)
    (project.root / "data").symlink_to(tmp_path / "disk")
    (tmp_path / "disk/y").symlink_to("/etc")
    write(project, f"outs:\n- md5: {MD5}\n  path: data/x\n- md5: {MD5}\n  path: data/y\n")
    assert project.data_hashes() == {"x": MD5, "y": MD5}


def test_one_folder_twice(project: Project) -> None:
    write(project, f"outs:\n- md5: {MD5}\n  path: data/x\n- md5: {MD5}\n  path: data/./x\n")
    with pytest.raises(UserError, match=r"data\.dvc has two entries for data/x; remove one of them"):
        project.data_hashes()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            f"outs:\n- path: data/x\n<<<<<<< ours\n  md5: {MD5}\n=======\n  md5: y\n>>>>>>> theirs\n",
            "merge conflict",
        ),
        ("", "is not valid"),
        ("[]", "is not valid"),
        ("5", "is not valid"),
        ("outs: 5", "outs = 5 is not valid"),
        ("outs: null", "outs = None is not valid"),
        ("outs: [5]", r"outs\.0 = 5 is not valid"),
        ("outs: [{}]", r"lacks the setting 'outs\.0\.path'"),
        ("outs: [{path: 5}]", r"outs\.0\.path = 5 is not valid"),
        ("outs: [{path: data/x, md5: 5}]", r"outs\.0\.md5 = 5 is not valid"),
        ("outs: [{path: data/x, md5: ../../x.dir}]", r"outs\.0\.md5 = '\.\./\.\./x\.dir' is not valid"),
        ("outs: [{path: data/x, md5: ABC.dir}]", r"outs\.0\.md5 = 'ABC.dir' is not valid"),
        ("outs: [{path: data/x, path: data/y}]", "stands there twice"),
    ],
)
def test_what_is_not_ours_in_shape(project: Project, text: str, words: str) -> None:
    write(project, text)
    with pytest.raises(UserError, match=rf"data\.dvc.*{words}"):
        project.data_hashes()


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("path: data/synthetic", r"has data/synthetic without a hash; run `inforeg data add synthetic`"),
        ("{path: data/synthetic, md5: null}", "has data/synthetic without a hash"),
        (f"{{path: data/synthetic, md5: {MD5[:32]}}}", "has data/synthetic as a file, not a folder"),
        (
            "path: data/other",
            r"has no entry for data/synthetic; make the folder by .*inforeg data add synthetic",
        ),
    ],
)
def test_entries_that_pin_no_folder(
    project: Project,
    entry: str,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(project, f"outs:\n- {entry}\n")
    for action in (store.verify, store.fetch):
        with pytest.raises(UserError, match=rf"data\.dvc {words}"):
            action("synthetic", project)
    monkeypatch.setenv("INFOREG_ROOT", str(project.root))
    assert main(["data", "verify", "synthetic"]) == 2
    assert "Traceback" not in capsys.readouterr().err
