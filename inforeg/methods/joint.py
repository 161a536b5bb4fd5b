"""Joint training."""

from inforeg.methods.base import Method


class Joint(Method):
    """Cross-entropy of the joint logits alone; with unimodal losses it is the paper's Joint* (multi-task)."""

    name = "joint"
    title = "Joint training"
    family = "baseline"
    reference = "Huang et al., InfoReg, CVPR 2025, section 3.1"
    fewest = 1
    neutral = {}
