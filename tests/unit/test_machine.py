"""The level that the mathematics keep to: set in time, never behind the user's back, and said."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from inforeg.engine import machine
from inforeg.errors import UserError

SET = "from inforeg.engine import machine; machine.limit(); "
SAY = "print(machine.facts()['level'])"
OURS = (machine.VARIABLE, *machine.LEVELS[machine.PORTABLE])

avx2 = pytest.mark.skipif(not machine.capable(), reason="this processor has no AVX2")


def python(code: str, **environment: str) -> str:
    clean = {name: value for name, value in os.environ.items() if name not in OURS}
    done = subprocess.run(
        [sys.executable, "-W", "error::ImportWarning", "-c", code],
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(machine, "_CPUINFO", tmp_path / "cpuinfo")
    return tmp_path / "cpuinfo"


@avx2
def test_by_default_it_is_avx2() -> None:
    assert python(SET + SAY + "; print(machine.facts()['capability'])") == "avx2\nAVX2"


def test_native_leaves_the_environment_as_it_is() -> None:
    code = "import os; before = dict(os.environ); " + SET + "assert dict(os.environ) == before; " + SAY
    assert python(code, INFOREG_CPU="native") == "native"


@avx2
def test_what_the_user_set_stays_and_is_called_their_own() -> None:
    code = SET + SAY + "; print(machine.facts()['environment'])"
    level, environment = python(code, MKL_CBWR="AVX2").split("\n")
    assert level == "own"
    assert "MKL_CBWR=AVX2" in environment.split()


def test_it_is_not_said_to_hold_where_torch_was_there_before() -> None:
    assert python("import torch; " + SET + SAY) == "native"


def test_the_module_for_ones_own_loop_changes_no_environment() -> None:
    python(
        "import os; before = dict(os.environ); import inforeg; inforeg.InfoReg; assert os.environ == before"
    )


def test_the_command_line_sets_it_before_torch_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import sys; from inforeg.__main__ import main; main(['list', 'methods']); import os; "
    assert python(code + "print(os.environ.get('MKL_CBWR'))").endswith(
        "COMPATIBLE" if machine.capable() else "None"
    )


@pytest.mark.parametrize("value", ["", "AVX2", "avx512"])
def test_what_is_no_level_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(machine.VARIABLE, value)
    with pytest.raises(UserError, match=r"INFOREG_CPU is '.*', which is no level; set it to avx2 or native"):
        machine.limit()


@pytest.mark.parametrize("flags", [None, "fpu sse4_2", "fpu avx2"])
def test_a_processor_without_avx2_and_fma(
    flags: str | None, processor: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if flags is not None:
        processor.write_text(f"processor : 0\nflags\t\t: {flags}\n\nprocessor : 1\n")
    assert not machine.capable()
    monkeypatch.setenv(machine.VARIABLE, "avx2")
    with pytest.raises(UserError, match="this processor has no AVX2; set it to native"):
        machine.limit()


def test_a_processor_with_both(processor: Path) -> None:
    processor.write_text("processor : 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu fma avx avx2\n")
    assert machine.capable()
    assert machine.facts()["maker"] == "GenuineIntel"


def test_all_facts_are_said() -> None:
    facts = machine.facts()
    assert all(isinstance(value, str) for value in facts.values())
    assert {name for name, value in facts.items() if not value} <= {"environment"}
