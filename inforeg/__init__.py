"""Benchmarks and replications of balanced multimodal learning, with seeds and statistics."""

from typing import TYPE_CHECKING, Any

from inforeg.errors import UserError

if TYPE_CHECKING:
    from inforeg.regulation import InfoReg, Monitor

    __version__: str

__all__ = ["InfoReg", "Monitor", "UserError", "__version__"]


def __getattr__(name: str) -> Any:
    """Import what takes time when it is asked for: torch takes a second, which commands need not wait."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("inforeg")
        except PackageNotFoundError:  # run from its sources, installed nowhere
            return "unknown"
    from inforeg import regulation

    return getattr(regulation, name)
