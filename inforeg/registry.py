"""Plug-ins: every module of a package that defines a named class is found by being there.

Beside this package's own, plug-ins of all kinds are found in the packages that installed distributions name
as entry points in the group `GROUP`, and in those that `search` is told.
"""

import dataclasses
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any, Generic, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from inforeg.errors import UserError, invalid, shown, unknown

T = TypeVar("T")

OPTIONS = ConfigDict(extra="forbid", allow_inf_nan=False, arbitrary_types_allowed=True)
"""The pydantic configuration of every plug-in's dataclass: unknown options are errors."""

LARGEST = 1e9
"""No option is larger, nor any number in one: float32 would soon overflow."""


GROUP = "inforeg.plugins"
"""Entry points whose values name packages of plug-ins."""

_TOLD: dict[str, None] = {}


def search(packages: Iterable[str]) -> None:
    """Find plug-ins in these packages from now on too."""
    _TOLD.update(dict.fromkeys(packages))


def others() -> tuple[str, ...]:
    """The packages beside this one in which plug-ins are found."""
    return tuple(dict.fromkeys((*_installed(), *_TOLD)))


@cache
def _installed() -> tuple[str, ...]:
    return tuple(sorted({point.value for point in entry_points(group=GROUP)}))


def modules(package: str) -> Iterator[ModuleType]:
    """The modules of `package`, which is one of this package's, and those of all `others`.

    Raises:
        UserError: one of the others cannot be imported.
    """
    for info in pkgutil.iter_modules(importlib.import_module(package).__path__):
        yield importlib.import_module(f"{package}.{info.name}")
    for name in others():
        yield from _modules(name)


def _modules(name: str) -> Iterator[ModuleType]:
    """The module or package `name` and all that is below it."""
    try:
        module = importlib.import_module(name)
    except Exception as error:
        raise UserError(
            f"Plug-ins are looked for in {name}, which cannot be imported ({type(error).__name__}: {error}); "
            "mend it, or name it no longer."
        ) from None
    yield module
    for info in pkgutil.iter_modules(getattr(module, "__path__", ())):
        yield from _modules(f"{name}.{info.name}")


class Registry(Generic[T]):
    """The classes of `package` that derive from `base` and carry a `name` of their own.

    A plug-in with options is a pydantic dataclass: its fields are the options, with bounds and a description
    each.

    Args:
        kind: what the plug-ins are called in messages, e.g. "method".
        package: dotted name of the package whose modules are searched.
        base: dotted name of the base class, "module:Class".
    """

    def __init__(self, kind: str, package: str, base: str) -> None:
        self.kind, self.package, self.base = kind, package, base
        self._known: tuple[tuple[str, ...], dict[str, type[T]]] | None = None

    @property
    def classes(self) -> dict[str, type[T]]:
        """Name to class, sorted by name."""
        if self._known is None or self._known[0] != others():
            self._known = others(), self._search()
        return self._known[1]

    def _search(self) -> dict[str, type[T]]:
        module, _, attribute = self.base.partition(":")
        base = getattr(importlib.import_module(module), attribute)
        found: dict[str, type[T]] = {}
        for loaded in modules(self.package):
            for cls in vars(loaded).values():
                own = inspect.isclass(cls) and issubclass(cls, base) and cls.__module__ == loaded.__name__
                if own and "name" in vars(cls):
                    if cls.name in found:
                        raise UserError(f"Two {self.kind}s are named {cls.name!r}; rename one of them.")
                    found[cls.name] = cls
        return dict(sorted(found.items()))

    def get(self, name: str) -> type[T]:
        """The class named `name`; a `UserError` offers the nearest name."""
        if name not in self.classes:
            raise unknown(self.kind, name, self.classes)
        return self.classes[name]

    def build(self, name: str, options: Mapping[str, Any]) -> T:
        """The plug-in `name` with its options validated."""
        cls: Any = self.get(name)
        if inspect.isabstract(cls):
            lacking = ", ".join(sorted(cls.__abstractmethods__))
            raise UserError(f"The {self.kind} {name!r} lacks {lacking}; write it in {cls.__module__}.")
        fields = [field.name for field in dataclasses.fields(cls)]
        try:
            plugin: T = _adapter(cls).validate_python(dict(options))
        except ValidationError as error:
            raise invalid(f"{self.kind} {name!r}", error, fields) from None
        for key in fields:
            value = getattr(plugin, key)
            if any(abs(number) > LARGEST for number in _numbers(value)):
                raise UserError(
                    f"{self.kind} {name!r}: {key} = {shown(value)} is not valid: beyond ±{LARGEST:g}."
                )
        return plugin

    def options(self, plugin: T) -> dict[str, Any]:
        """All options of a plug-in as plain JSON values."""
        cls: Any = type(plugin)
        dumped: dict[str, Any] = _adapter(cls).dump_python(plugin, mode="json")
        return dumped


@cache
def _adapter(cls: Any) -> TypeAdapter[Any]:
    return TypeAdapter(cls)


def _numbers(value: Any) -> Iterator[float]:
    """Every number in a plain value."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            yield from _numbers(part)
    elif isinstance(value, int | float):
        yield value


def attributes(cls: type) -> dict[str, str]:
    """What the docstrings of `cls` and its bases say of each attribute under `Attributes:`."""
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        _, _, listed = inspect.cleandoc(base.__doc__ or "").partition("Attributes:\n")
        for name, text in re.findall(r"^    (\w+): (.+(?:\n {5,}.+)*)", listed, re.MULTILINE):
            found[name] = " ".join(text.split())
    return found


METHODS: Registry[Any] = Registry("method", "inforeg.methods", "inforeg.methods.base:Method")
DATASETS: Registry[Any] = Registry("benchmark", "inforeg.data.sets", "inforeg.data.base:Dataset")
FUSIONS: Registry[Any] = Registry("fusion", "inforeg.models.fusions", "inforeg.models.fusions.base:Fusion")
ENCODERS: Registry[Any] = Registry(
    "encoder", "inforeg.models.encoders", "inforeg.models.encoders.base:Encoder"
)
PROBES: Registry[Any] = Registry("probe", "inforeg.probes", "inforeg.probes.base:Probe")
