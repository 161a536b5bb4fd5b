"""What the YAML file of the workflow holds, as a validated model."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from inforeg.runspec import MACHINE, Machine, Name, Strict, Text
from inforeg.suite.experiment import Once
from inforeg.suite.rows import Row

Suite = Literal["embedded", "paper"]

Named = Annotated[dict[Name, Once[Name]], Field(min_length=1)]
"""Ids of claims, by the experiment that tests them."""


Packages = Once[Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$")]]
"""Dotted names of Python packages or modules."""


REMEDIES = [Row(label="MMPareto", method="mmpareto"), Row(label="Greedy", method="greedy")]
"""The two with the largest mean gain over joint training in v0.1.1 of those that are neither joint training's
nor InfoReg's own; on every benchmark they are so by the results on the others alone."""


class Finding(Strict):
    """A paragraph of the document's findings: claims that answer one question."""

    title: Text = Field(description="of the paragraph")
    claims: Named = Field(
        description="their ids, by the experiment that tests them; the first one stands in the abstract"
    )


class Sentence(Strict):
    """What others say of the paper's method, and the claims that it comes to."""

    text: Text = Field(description="as it goes round")
    source: Text = Field(description="where it comes from, if not from the paper")
    claims: Named = Field(description="their ids, by the experiment that tests them on all of its benchmarks")
    points: Annotated[list[float], Field(min_length=2, max_length=2)] | None = Field(
        None, description="the least and the most that it says of a difference"
    )

    @model_validator(mode="after")
    def _is_a_range(self) -> "Sentence":
        if self.points is not None and not self.points[0] <= self.points[1]:
            raise ValueError(f"points is {self.points}, whose first is above the second; turn them round")
        return self


class WorkflowConfig(Strict):
    """workflow/config/config.yaml."""

    suite: Suite = Field("embedded", description="which benchmarks experiments run on")
    experiments: Once[Name] = Field(min_length=1, description="what `all` makes")
    quick: Name = Field(description="the experiment that `quick` makes")
    machine: Machine = Field(
        MACHINE, description="where all runs are computed; a benchmark may say otherwise"
    )
    targets: dict[Name, Once[Name]] = Field(
        default_factory=dict, description="further targets, and the experiments that each of them makes"
    )
    long: dict[Name, Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict,
        description="targets that take long, which `complete` leaves out, and the processor hours of each",
    )
    plugins: Packages = Field(
        default_factory=list,
        description="packages in the project's folder that hold methods, data sets, encoders, fusions, "
        "metrics and probes of one's own",
    )
    remedies: list[Row] = Field(
        REMEDIES,
        description="what `inforeg diagnose` tries beside each modality alone, their ensemble, joint "
        "training and InfoReg, these with and without unimodal losses; chosen before there are results",
    )
    sentences: list[Sentence] = Field(
        default_factory=list,
        description="with which the claims begin; on experiments that `all` makes",
    )
    findings: list[Finding] = Field(
        default_factory=list,
        description="with which the document begins; claims of none of them follow by experiment",
    )

    @property
    def named(self) -> list[Sentence | Finding]:
        """All that name claims."""
        return [*self.sentences, *self.findings]
