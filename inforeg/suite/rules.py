"""The workflow's rules, which come with the package: a project's Snakefile includes them."""

from pathlib import Path

RULES = Path(__file__).parents[1] / "workflow"
"""The folder that holds them."""

SNAKEFILE = str(RULES / "Snakefile")
"""What the Snakefile of a project includes."""
