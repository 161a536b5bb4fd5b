"""Benchmarks and replications of balanced multimodal learning, with seeds and statistics."""

from typing import TYPE_CHECKING, Any

from inforeg.errors import UserError

if TYPE_CHECKING:
    from inforeg.regulation import InfoReg

__all__ = ["InfoReg", "UserError"]


def __getattr__(name: str) -> Any:
    """Import InfoReg when it is asked for: it takes a second, which the command line need not wait."""
    if name != "InfoReg":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from inforeg.regulation import InfoReg

    return InfoReg
