"""What a page of the site is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Page:
    """One page.

    Attributes:
        path: below the site's folder.
        title: of the window and of the page.
        template: that renders it.
        shown: what the template names.
    """

    path: str
    title: str
    template: str
    shown: Mapping[str, Any]
