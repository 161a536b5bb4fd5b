"""What of the configuration is asked for: a suite, some of its benchmarks, a number of seeds."""

import os
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, field_validator

from inforeg.errors import UserError, shown
from inforeg.reading import validated
from inforeg.runspec import MOST_SEEDS, Name, Strict
from inforeg.suite.experiment import Once
from inforeg.suite.workflow import Suite

VARIABLE = "INFOREG_SELECT"
"""The environment's variable that every command reads, such as `suite=paper only=cremad seeds=3`."""


class Choice(Strict):
    """What `snakemake --config` and the variable INFOREG_SELECT ask for; nothing given, nothing changed.

    Attributes:
        suite: in the place of config.yaml's.
        only: benchmarks that experiments keep, of those that they are on.
        seeds: runs per cell of every experiment, in the place of the experiment's own number.
    """

    suite: Suite | None = None
    only: Once[Name] | None = Field(None, min_length=1)
    seeds: Annotated[int, Field(ge=2, le=MOST_SEEDS)] | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any], where: str) -> "Choice":
        """The choice that is `given` by key; `where` says to a user in which place."""
        return validated(cls, dict(given), where)

    @classmethod
    def from_environment(cls) -> "Choice":
        """What INFOREG_SELECT asks for: `key=value`, with spaces between."""
        given = {}
        for word in os.environ.get(VARIABLE, "").split():
            key, equals, value = word.partition("=")
            if not (key and equals):
                raise UserError(
                    f"{VARIABLE} holds {shown(word)}, which is not of the form key=value; give such as "
                    "suite=paper only=cremad,mosi seeds=3."
                )
            given[key] = value
        return cls.of(given, VARIABLE)

    def but(self, other: "Choice") -> "Choice":
        """This choice, with what `other` asks for in its place."""
        return self.model_copy(update={name: getattr(other, name) for name in other.model_fields_set})

    def __str__(self) -> str:
        """As INFOREG_SELECT has it."""
        given = {"suite": self.suite, "only": ",".join(self.only or ()), "seeds": self.seeds}
        return " ".join(f"{key}={value}" for key, value in given.items() if value)

    @field_validator("only", mode="before")
    @classmethod
    def _as_list(cls, value: Any) -> Any:
        return str(value).split(",") if isinstance(value, str | int) else value

    @field_validator("*", mode="before")
    @classmethod
    def _holds_something(cls, value: Any) -> Any:
        if value in (None, ""):
            raise ValueError("it is empty; give a value, or leave it out")
        return value
