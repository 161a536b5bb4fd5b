"""Adding a method is one file, a benchmark one file and one YAML, a table one YAML."""

from tests.workflow.conftest import Tree, experiment

METHOD = '''"""Joint training with a smaller first term."""

from typing import ClassVar

from pydantic.dataclasses import dataclass

from inforeg.methods.base import Method
from inforeg.registry import OPTIONS


@dataclass(config=OPTIONS)
class Halved(Method):
    """Half the loss."""

    name: ClassVar[str] = "halved"
    title: ClassVar[str] = "Halved"
    family: ClassVar[str] = "baseline"
    reference: ClassVar[str] = "this test"

    def losses(self, state, batch, output):
        return {name: 0.5 * term for name, term in super().losses(state, batch, output).items()}
'''


def test_a_method_a_benchmark_and_a_table(tree: Tree) -> None:
    (tree.path / "inforeg/methods/halved.py").write_text(METHOD, encoding="utf-8")
    tree.add_data_set("third")
    tree.write("workflow/config/experiments/added.yaml", experiment(["third"], ["halved", "ensemble"]))
    assert tree.pending() == set()

    tree.make("table_added")
    table = (tree.path / "results/tables/added.md").read_text(encoding="utf-8")
    for title in ("Third", "Halved", "Ensemble"):
        assert title in table
    runs = {path.name for path in (tree.path / "results/runs/third").iterdir()}
    assert runs == {"halved", "ensemble", "unimodal"}
