"""The experiment of `inforeg diagnose`: is a benchmark's joint model imbalanced, and what mends it?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

from inforeg.errors import UserError
from inforeg.metrics.classification import ACCURACY
from inforeg.metrics.recorded import PROBE
from inforeg.reading import validated
from inforeg.suite.experiment import Experiment
from inforeg.suite.jobs import Job, jobs
from inforeg.suite.plan import Cell, Plan, plan_experiment, refuse_unvalidated
from inforeg.suite.products import DIAGNOSED
from inforeg.suite.project import CONFIG, Project
from inforeg.suite.rows import Row
from inforeg.suite.tuning import PROTOCOLS

SEEDS = 10
"""As many as the paper's tables have, which share these runs: Holm over up to 25 tests can reject one."""

TARGET = "diagnose_{}"
"""How the target and the experiment of a benchmark are called."""

STAR = {"variant": "star", "set": {"unimodal_weight": 1.0}}
ALONE = Row(label="Best unimodal", method="unimodal")
JOINT = Row(label="Joint training", method="joint")
JOINT_STAR = Row.model_validate({"label": "Joint training*", "method": "joint", **STAR})
INFOREG_STAR = Row.model_validate({"label": "InfoReg*", "method": "inforeg", **STAR})
ROWS = [
    ALONE,
    Row(label="Late-fusion ensemble", method="ensemble"),
    JOINT,
    JOINT_STAR,
    Row(label="InfoReg", method="inforeg"),
    INFOREG_STAR,
]
"""What every benchmark is diagnosed with, beside the remedies that the configuration names."""

SOURCE = "inforeg diagnose"


def diagnosis(project: Project, benchmark: str) -> Experiment:
    """The experiment of the benchmark `benchmark`, with as many seeds as are asked for, or else SEEDS.

    Its claims are that each modality is better alone than in the joint model, by accuracy and by a linear
    probe, that each other row is more accurate than joint training, and that InfoReg adds to unimodal losses.

    Raises:
        UserError: there is no such benchmark, it is not asked for, it has but one modality or no validation
            split, seeds of tuning are asked for, or the remedies cannot be rows beside the others.
    """
    config = project.benchmark(benchmark)
    if benchmark not in (project.choice.only or [benchmark]):
        raise UserError(f"`only` does not name the benchmark {benchmark!r}; add it, or leave `only` out.")
    if len(config.encoders) < 2:
        raise UserError(
            f"The benchmark {benchmark!r} has but one modality, so that nothing can be out of balance; name "
            "one with two or more."
        )
    refuse_unvalidated(project, benchmark, "hold one out in its data set")
    rows = [*ROWS, *project.remedies()]
    content = {
        "title": f"Is {config.title} imbalanced, and what mends it?",
        "benchmarks": [benchmark],
        "seeds": project.choice.seeds or SEEDS,
        "rows": [row.model_dump() for row in rows],
        "reference": JOINT.key,
        "beside": [f"{ACCURACY.name}/*"],
        "figures": DIAGNOSED,
        "claims": [*_held_back(list(config.encoders)), *_gains(rows), _claim(INFOREG_STAR, JOINT_STAR)],
    }
    experiment = validated(Experiment, content, f"{CONFIG}, remedies")
    _refuse_tuned(project, experiment.last_seed)
    return experiment


def _refuse_tuned(project: Project, last: int) -> None:
    """Raise where seeds up to `last` serve a protocol of tuning too."""
    for protocol in PROTOCOLS.values():
        tuning = project.tuning(protocol)
        if tuning and last >= tuning.first_seed:
            raise UserError(
                f"{last + 1} seeds are more than {protocol.path} leaves, which tunes on later ones; "
                f"ask for at most {tuning.first_seed}."
            )


def _held_back(modalities: Sequence[str]) -> Iterator[dict[str, str]]:
    """A claim for each modality and measure."""
    for metric, told in ((ACCURACY, "is more accurate"), (PROBE, "serves a linear probe better")):
        for modality in modalities:
            yield {
                "id": f"alone_{metric.name}_{modality}",
                "statement": f"Alone {modality.replace('_', ' ')} {told} than in the joint model",
                "better": ALONE.key,
                "worse": JOINT.key,
                "metric": f"{metric.name}/{modality}",
                "source": SOURCE,
            }


def _gains(rows: Sequence[Row]) -> Iterator[dict[str, str]]:
    """A claim for each row but joint training."""
    yield from (_claim(row, JOINT) for row in rows if row.key != JOINT.key)


def _claim(better: Row, worse: Row) -> dict[str, str]:
    return {
        "id": f"{better.key}_{worse.key}".replace("/", "_"),
        "statement": f"{better.label} is more accurate than {worse.label}",
        "better": better.key,
        "worse": worse.key,
        "source": SOURCE,
    }


def diagnoses(project: Project, plans: dict[str, Plan]) -> tuple[dict[str, Experiment], dict[str, str]]:
    """The diagnosis of each benchmark, whose plan is added to `plans`; and why others are not diagnosed."""
    found, reasons = {}, {}
    for name in project.benchmarks():
        try:
            experiment = diagnosis(project, name)
            plans[TARGET.format(name)] = plan_experiment(project, experiment)
            found[TARGET.format(name)] = experiment
        except UserError as error:
            reasons[TARGET.format(name)] = str(error)
    return found, reasons


def jobs_with(
    wanted: Sequence[Sequence[Cell]],
    plans: Mapping[str, Plan],
    diagnoses: dict[str, Experiment],
    reasons: dict[str, str],
) -> dict[str, Job]:
    """The jobs of the cells `wanted` and of the diagnoses.

    A diagnosis that means other settings by a name than those is taken out of `diagnoses`, with its reason.
    """

    def made(names: Iterable[str]) -> dict[str, Job]:
        return jobs([*wanted, *(plans[name].cells for name in names)])

    with suppress(UserError):
        return made(diagnoses)
    made(())  # says where experiments are at odds with each other
    for name in list(diagnoses):
        try:
            made([name])
        except UserError as error:
            reasons[name] = str(error)
            del diagnoses[name]
    return made(diagnoses)
