"""Joint training."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic.dataclasses import dataclass

from inforeg.config import Setting
from inforeg.methods.base import Family, Method
from inforeg.registry import OPTIONS


@dataclass(config=OPTIONS)
class Joint(Method):
    """Cross-entropy of the joint logits alone; with unimodal losses it is the paper's Joint* (multi-task)."""

    name: ClassVar[str] = "joint"
    title: ClassVar[str] = "Joint training"
    family: ClassVar[Family] = "baseline"
    reference: ClassVar[str] = "Huang et al., InfoReg, CVPR 2025, section 3.1"
    fewest: ClassVar[int] = 1
    neutral: ClassVar[Mapping[str, Setting] | None] = {}
