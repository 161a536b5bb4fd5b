"""Text from outside: one reader for YAML, JSON and settings, whose every failure is one sentence."""

import json
import math
import re
from collections import Counter
from collections.abc import Hashable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from inforeg.errors import UserError, complaint, invalid
from inforeg.files import SEAL, seal

M = TypeVar("M", bound=BaseModel)

CONFLICT = re.compile(r"^<{7} ", re.MULTILINE)
"""What git leaves of two versions that it cannot join."""

LARGEST = 1_000_000
"""Values in one text, counted as often as an alias repeats them."""

UNBUILDABLE = (yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""What parsers raise over values that they cannot build, such as `!!int abc` or a thousand brackets."""


class _Loader(yaml.SafeLoader):
    """Plain values alone: dates stay text, and a key that stands twice is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        merge = "tag:yaml.org,2002:merge"
        _refuse_twice(str(key.value) for key, _ in node.value if key.tag != merge)
        found: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return found

    def construct_text(self, node: Any) -> str:
        return str(self.construct_scalar(node))


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_text)


def yaml_value(text: str, where: str) -> Any:
    """The value of a YAML text; a `UserError` says `where` it stands and why it cannot be read."""
    try:
        return _checked(yaml.load(text, _Loader), math.inf)  # aliases repeat what stands there once
    except UNBUILDABLE as error:
        raise UserError(f"{where} is not valid YAML: {_reason(error)}.") from None


def json_value(text: str, where: str) -> Any:
    """The value of a JSON text; a `UserError` says `where` it stands and why it cannot be read."""
    try:
        return _checked(json.loads(text, object_pairs_hook=_mapping), len(text))
    except UNBUILDABLE as error:
        raise UserError(f"{where} is not valid JSON: {_reason(error)}.") from None


def read_text(path: Path) -> str:
    """The content of a text file; a `UserError` names it."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UserError(f"{path} is no text in UTF-8; write it anew.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None


def read_yaml(path: Path, model: type[M]) -> M:
    """The validated content of a YAML file; a `UserError` names file, key and remedy."""
    parsed: M = _parsed(read_text(path), model, str(path))
    return parsed


def read_json(path: Path, model: type[M], remedy: str) -> M:
    """The validated content of a JSON file that this package writes; its seal, if it has one, is checked.

    Raises:
        UserError: it is missing or damaged, with the `remedy`, a clause.
    """
    if not path.exists():
        raise UserError(f"{path} is missing; {remedy}.")
    try:
        content = json_value(read_text(path), "it")
        if isinstance(content, dict) and SEAL in content and content[SEAL] != seal(content):
            raise UserError("it was changed after it had been written")
        return model.model_validate(content)
    except ValidationError as error:
        raise UserError(f"{path} is damaged ({complaint(error)}); {remedy}.") from None
    except UserError as error:
        raise UserError(f"{path} is damaged ({str(error).rstrip('.')}); {remedy}.") from None


@lru_cache(maxsize=256)  # planning asks for the same file a thousand times; the models are frozen
def _parsed(text: str, model: type[M], where: str) -> M:
    if CONFLICT.search(text):
        raise UserError(f"{where} holds a merge conflict; resolve it with git.")
    return validated(model, yaml_value(text, where), where)


def validated(model: type[M], content: Any, where: str) -> M:
    """`content` as a `model`; a `UserError` names where it stands."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise invalid(where, error, _keys_at(model, error)) from None


def _keys_at(model: type[BaseModel], error: ValidationError) -> list[str]:
    """The keys that are known where the first complaint of `error` stands."""
    for key in error.errors()[0]["loc"][:-1]:
        field = model.model_fields.get(str(key))
        if field is None or not isinstance(field.annotation, type(BaseModel)):
            break
        model = field.annotation
    return list(model.model_fields)


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        _refuse_twice(key for key, _ in pairs)
    return found


def _refuse_twice(keys: Iterable[str]) -> None:
    for key, times in Counter(keys).items():
        if times > 1:
            raise ValueError(f"the key {key!r} stands there twice")


def _checked(value: Any, most: float) -> Any:
    """`value`, once it is known to be plain, finite, encodable and of a size that can be handled.

    Args:
        value: that was read.
        most: values that it can hold at the most, by the length of its text.
    """
    if most > LARGEST and _size(value, {}) > LARGEST:
        raise ValueError(f"it holds more than {LARGEST} values")
    # Fails over dates, sets, bytes and lone surrogates, too.
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    return value


def _size(value: Any, known: dict[int, int]) -> int:
    """How many values there are in `value`; `known` has the sizes of collections met before."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        parts = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_size(part, known) for part in parts)
    return known[id(value)]


def _reason(error: Exception) -> str:
    """Why a text cannot be read, in one line without the full stop."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, LookupError | AttributeError):  # of PyYAML, over a value that its tag does not fit
        return "a value in it does not fit its tag"
    if str(error).startswith("Out of range float"):  # of the JSON that it would be written as
        return "a number in it is not finite"
    if "set_int_max_str_digits" in str(error):
        return "a number in it has thousands of digits"
    return " ".join(str(error).split()).rstrip(".")
