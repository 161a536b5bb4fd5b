"""Plug-ins of a project's own: packages in its folder, which its configuration names."""

import sys
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from inforeg import registry
from inforeg.reading import read_yaml
from inforeg.suite.project import CONFIG
from inforeg.suite.workflow import Packages


class Named(BaseModel):
    """What config.yaml says of plug-ins; the rest of it is read where it is asked for."""

    model_config = ConfigDict(extra="allow", frozen=True)

    plugins: Packages = Field(default_factory=list)


def search(root: Path) -> None:
    """Find plug-ins in the packages that the project in the folder `root` names.

    Raises:
        UserError: its configuration cannot be read.
    """
    path = root / CONFIG
    if path.exists() and (named := read_yaml(path, Named).plugins):
        if str(root) not in sys.path:
            sys.path.append(str(root))  # last, so that a folder there stands for no package that is installed
        registry.search(named)
