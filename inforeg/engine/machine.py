"""What a run is computed on: the level that its mathematics keep to, the processor, the libraries.

Math libraries choose their code by the processor that they find, and each choice rounds in its own way. At a
level they choose alike everywhere, so that the same spec gives the same bits on another processor. They look
into the environment when they are loaded, so nothing here imports them before it is set.
"""

import os
import platform
import re
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from inforeg.errors import UserError

VARIABLE = "INFOREG_CPU"
NATIVE, PORTABLE, OWN = "native", "avx2", "own"
LEVELS: Mapping[str, Mapping[str, str]] = {
    PORTABLE: {
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        # MKL's one branch that is alike on every maker's processors; "AVX2" is heeded on Intel's alone.
        "MKL_CBWR": "COMPATIBLE",
        "OPENBLAS_CORETYPE": "Haswell",
        # numpy 2.4 renamed them; it warns of names that it does not know.
        "NPY_ENABLE_CPU_FEATURES": "X86_V3"
        if tuple(map(int, version("numpy").split(".")[:2])) >= (2, 4)
        else "SSSE3 SSE41 POPCNT SSE42 AVX F16C FMA3 AVX2",
    },
    NATIVE: {},
}
"""The environment of each level."""

_VARIABLES = sorted(
    {"DNNL_MAX_CPU_ISA", "MKL_ENABLE_INSTRUCTIONS", "NPY_DISABLE_CPU_FEATURES", *LEVELS[PORTABLE]}
)
_NEEDED = {"avx2", "fma"}
_CPUINFO = Path("/proc/cpuinfo")


def limit() -> None:
    """Set the environment to the level that `INFOREG_CPU` names, by default avx2 where the processor has it.

    A variable that is set already stays as it is. Where torch or numpy is loaded, nothing is set any more.

    Raises:
        UserError: there is no such level, or the processor does not have it.
    """
    wanted = os.environ.get(VARIABLE)
    if wanted is not None and wanted not in LEVELS:
        raise UserError(f"{VARIABLE} is {wanted!r}, which is no level; set it to {' or '.join(LEVELS)}.")
    if wanted == PORTABLE and not capable():
        raise UserError(f"{VARIABLE} is {wanted!r}, but this processor has no AVX2; set it to {NATIVE}.")
    if not sys.modules.keys() & {"torch", "numpy"}:
        for name, value in LEVELS[wanted or (PORTABLE if capable() else NATIVE)].items():
            os.environ.setdefault(name, value)


def capable() -> bool:
    """Whether the processor is known to have AVX2 and FMA: libraries told to use them do not ask again."""
    return set(_processor("flags").split()) >= _NEEDED


def facts() -> dict[str, str]:
    """Level in force ("own" if it is none of ours), processor, and what computes on it."""
    import numpy as np
    import torch

    shown = torch.__config__.show()
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return {
        "level": level(torch.backends.cpu.get_cpu_capability()),
        "capability": torch.backends.cpu.get_cpu_capability(),
        "processor": _processor("model name") or platform.processor() or platform.machine(),
        "maker": _processor("vendor_id") or "unknown",
        "system": f"{platform.system()} {platform.machine()}, {' '.join(platform.libc_ver())}".rstrip(", "),
        "mkl": _found(r"Math Kernel Library Version (\S+)", shown),
        "onednn": _found(r"MKL-DNN v(\S+)", shown),
        "numpy_blas": f"{blas.get('name', 'unknown')} {blas.get('version', '')}".rstrip(),
        "environment": " ".join(f"{name}={os.environ[name]}" for name in _VARIABLES if name in os.environ),
    }


def level(capability: str) -> str:
    """The level that the environment holds, if torch, which may have been loaded before, agrees."""
    held = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
    if not held:
        return NATIVE
    return PORTABLE if held == LEVELS[PORTABLE] and capability == "AVX2" else OWN


def _processor(fact: str) -> str:
    """What Linux says about the first processor; empty elsewhere."""
    try:
        text = _CPUINFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    found = re.search(rf"^{fact}\s*:\s*(.*)$", text, re.MULTILINE)
    return found[1].strip() if found else ""


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else "none"
