"""One reader for all text from outside: whatever is wrong with it becomes one sentence."""

import json

import pytest

from inforeg.errors import UserError
from inforeg.files import inside, json_text, write_json
from inforeg.reading import LARGEST, json_value, read_json, read_yaml, yaml_value
from inforeg.runspec import Strict

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "\n".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)
)
UNREADABLE_YAML = {
    "no integer": "!!int abc",
    "no boolean": "!!bool abc",
    "no float": "!!float abc",
    "no null": "!!null [1]",
    "half a hexadecimal": "0x_",
    "half a binary": "0b_",
    "too many digits": "9" * 5000,
    "fifty brackets": "[" * 50,
    "a thousand brackets": "[" * 5000 + "]" * 5000,
    "another tag": "!!python/object:os.system {}",
    "own tag": "!x 1",
    "no base 64": "!!binary '*'",
    "bytes": "!!binary aGVsbG8=",
    "a set": "!!set {a, b}",
    "not a number": "x: .nan",
    "infinite": "[-.inf]",
    "beyond floats": "1.0e+400",
    "an alias of nothing": "*x",
    "itself": "&a [*a]",
    "a bomb": BOMB,
    "twice": "a: 1\nb: 2\na: 3",
    "twice inside": "x: {a: 1, a: 1}",
    "list as key": "? [1, 2]\n: 3",
    "lone surrogate": r'"\ud800"',
    "control character": "a: \x01",
    "tab": "a:\n\tb: 1",
    "merged list": "<<: 1",
}
UNREADABLE_JSON = {
    "nothing": "",
    "half": '{"a": ',
    "not a number": '{"a": NaN}',
    "infinite": "[-Infinity]",
    "beyond floats": "[1e999]",
    "twice": '{"a": 1, "a": 2}',
    "too many digits": "9" * 5000,
    "5,000 brackets": "[" * 5000,
    "5,000 brackets and back": "[" * 5000 + "]" * 5000,
    "lone surrogate": r'"\ud800"',
}


class Thing(Strict):
    count: int


@pytest.mark.parametrize("text", UNREADABLE_YAML.values(), ids=UNREADABLE_YAML)
def test_yaml_that_cannot_be_built_is_one_sentence(text):
    with pytest.raises(UserError, match=r"^the file is not valid YAML: [^\n]+\.$"):
        yaml_value(text, "the file")


@pytest.mark.parametrize("text", UNREADABLE_JSON.values(), ids=UNREADABLE_JSON)
def test_json_that_cannot_be_built_is_one_sentence(text):
    with pytest.raises(UserError, match=r"^the file is not valid JSON: [^\n]+\.$"):
        json_value(text, "the file")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[1e999]", "a number in it is not finite"),
        ('{"a": {"b": [NaN]}}', "a number in it is not finite"),
        (f"[{'1,' * LARGEST}1]", "it holds more than 1000000 values"),
        (f'["{"1," * LARGEST}", 1e999]', "a number in it is not finite"),
    ],
    ids=["beyond floats", "not a number", "too many", "beyond floats in a long text"],
)
def test_what_of_json_cannot_be_handled_is_said(text, reason):
    with pytest.raises(UserError, match=f"^the file is not valid JSON: {reason}[.]$"):
        json_value(text, "the file")


def test_dates_stay_text():
    assert yaml_value("[2020-01-02, 2020-13-45, !!timestamp abc]", "-") == ["2020-01-02", "2020-13-45", "abc"]


def test_a_merge_is_no_duplicate():
    assert yaml_value("x: &x {a: 1}\ny: {<<: *x, a: 2}", "-")["y"] == {"a": 2}


@pytest.mark.parametrize("content", [b"\xff\xfe", b"count: \xe9"])
def test_bytes_that_are_no_text(tmp_path, content):
    path = tmp_path / "x.yaml"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"x.yaml is no text in UTF-8"):
        read_yaml(path, Thing)


@pytest.mark.parametrize(
    "content", ["", "null", "[]", "5", "{}", '"a"', '{"count": null}', '{"count": 1e99}']
)
def test_yaml_and_json_of_another_shape(tmp_path, content):
    path = tmp_path / "x"
    path.write_text(content)
    with pytest.raises(UserError, match=str(path)):
        read_yaml(path, Thing)
    with pytest.raises(UserError, match=r"x is damaged \(.+\); mend it\.$"):
        read_json(path, Thing, "mend it")


def test_a_missing_file(tmp_path):
    with pytest.raises(UserError, match=r"x is missing; mend it\.$"):
        read_json(tmp_path / "x", Thing, "mend it")
    with pytest.raises(UserError, match=r"x cannot be read: No such file"):
        read_yaml(tmp_path / "x", Thing)


def test_a_long_value_is_cut(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("count: " + "a" * 5000)
    with pytest.raises(UserError) as caught:
        read_yaml(path, Thing)
    assert len(str(caught.value)) < 400
    path.write_text("count: [0x" + "f" * 5000 + "]")
    with pytest.raises(UserError, match="has thousands of digits"):
        read_yaml(path, Thing)


def test_numbers_that_json_lacks_are_null(tmp_path):
    content = {"a": [float("nan"), (float("inf"), 1.5)], "b": {"c": -float("inf")}}
    write_json(tmp_path / "x", content)
    assert json.loads((tmp_path / "x").read_text(), parse_constant=pytest.fail) == {
        "a": [None, [None, 1.5]],
        "b": {"c": None},
    }
    assert json_text({"b": 1.0, "a": 2}) == '{"a": 2, "b": 1.0}'


@pytest.mark.parametrize(
    "name", ["../x", "a/../../x", "/etc/x", "", ".", "a/..", "out/x", "loop/x", "\0", "link"]
)
def test_names_that_leave_their_folder(tmp_path, name):
    folder, beyond = tmp_path / "folder", tmp_path / "beyond"
    for made in (folder, beyond):
        made.mkdir()
    (folder / "out").symlink_to(beyond)
    (folder / "link").symlink_to("/etc/hostname")
    (folder / "loop").symlink_to("loop")
    with pytest.raises(
        UserError, match=r"^the list names .+, which is not inside .+folder; it was not touched"
    ):
        inside(folder, name, "the list")


def test_names_that_stay_in_their_folder(tmp_path):
    (tmp_path / "in").symlink_to(tmp_path / "there")
    assert inside(tmp_path, "a/../b c/d", "-") == tmp_path.resolve() / "b c/d"
    assert inside(tmp_path, "in/x", "-") == tmp_path.resolve() / "there/x"
