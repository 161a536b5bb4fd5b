"""Benchmarks and replications of balanced multimodal learning, with seeds and statistics."""

from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from inforeg.errors import UserError

if TYPE_CHECKING:
    from inforeg.regulation import InfoReg, Monitor

    __version__: str

__all__ = ["InfoReg", "Monitor", "UserError", "__version__"]


def __getattr__(name: str) -> Any:
    """Import what needs torch when it is asked for: it takes a second, which commands need not wait."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "__version__":
        with suppress(PackageNotFoundError):  # run from its sources, installed nowhere
            return version("inforeg")
        return "unknown"
    from inforeg import regulation

    return getattr(regulation, name)
