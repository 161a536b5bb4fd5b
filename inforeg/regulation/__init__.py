"""InfoReg for any training loop, without an engine."""

from inforeg.regulation.inforeg import InfoReg
from inforeg.regulation.monitor import Monitor
from inforeg.regulation.released import ReleasedInfoReg

__all__ = ["InfoReg", "Monitor", "ReleasedInfoReg"]
