"""The project's own experiments: complete, true to the paper's numbers, and decidable."""

import re
from pathlib import Path

import pytest

from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.paired import seeds_needed
from inforeg.analysis.statistics.selection_rules import honest_split
from inforeg.analysis.tables.render import latex_text
from inforeg.data.sets.watch import PEOPLE
from inforeg.registry import METHODS
from inforeg.suite.folders.places import dataset_of
from inforeg.suite.plan import plan
from inforeg.suite.project import Project
from inforeg.suite.tuning import TUNING

PAPER = """
table1 CREMA-D           joint               35.14
table1 CREMA-D           joint/extended      35.36
table1 CREMA-D           inforeg             49.65
table2 CREMA-D           joint               66.61 58.99 35.14
table2 CREMA-D           ogm                 68.70 56.84 39.52
table2 CREMA-D           greedy              67.82 59.17 40.17
table2 CREMA-D           pmr                 66.92 57.83 38.91
table2 CREMA-D           agm                 69.71 59.32 43.72
table2 CREMA-D           inforeg             71.90 60.03 49.65
table2 Kinetics-Sounds   joint               65.67 53.13 36.01
table2 Kinetics-Sounds   ogm                 66.63 53.39 40.16
table2 Kinetics-Sounds   greedy              66.54 53.15 37.82
table2 Kinetics-Sounds   pmr                 66.33 53.42 36.17
table2 Kinetics-Sounds   agm                 66.54 53.12 37.24
table2 Kinetics-Sounds   inforeg             69.31 54.16 44.73
table3 CREMA-D           joint               66.61 58.99 35.14
table3 CREMA-D           joint/star          70.81 60.52 55.23
table3 CREMA-D           g_blending          69.11 60.14 51.29
table3 CREMA-D           mmpareto            73.08 60.83 58.92
table3 CREMA-D           inforeg/star        75.71 61.63 61.22
table3 Kinetics-Sounds   joint               65.67 54.13 36.01
table3 Kinetics-Sounds   joint/star          68.71 55.23 44.18
table3 Kinetics-Sounds   g_blending          68.33 54.22 42.31
table3 Kinetics-Sounds   mmpareto            71.11 56.47 53.39
table3 Kinetics-Sounds   inforeg/star        72.03 57.21 53.57
table4 CREMA-D           joint               66.61
table4 CREMA-D           ogm                 68.70
table4 CREMA-D           ogm/prime           68.76
table4 CREMA-D           ogm/outside_prime   67.13
table4 CREMA-D           agm                 69.71
table4 CREMA-D           agm/prime           69.54
table4 CREMA-D           agm/outside_prime   67.41
table4 CREMA-D           pmr                 66.92
table4 CREMA-D           pmr/prime           66.99
table4 CREMA-D           pmr/outside_prime   66.57
table4 CREMA-D           inforeg/always      69.03
table4 CREMA-D           inforeg             71.90
table4 CREMA-D           inforeg/outside_prime 67.22
table5 CREMA-D           joint/gated         65.32
table5 CREMA-D           joint/sum           64.38
table5 CREMA-D           joint/film          66.67
table5 CREMA-D           joint               66.61
table5 CREMA-D           inforeg/gated       69.18
table5 CREMA-D           inforeg/sum         70.12
table5 CREMA-D           inforeg/film        70.23
table5 CREMA-D           inforeg             71.90
table6 CMU-MOSI          joint               61.09 60.74
table6 CMU-MOSI          ogm                 61.88 61.32
table6 CMU-MOSI          pmr                 61.47 60.98
table6 CMU-MOSI          agm                 61.39 60.43
table6 CMU-MOSI          inforeg             62.31 62.03
table7 Violent_Flows     joint               89.21
table7 Violent_Flows     inforeg             90.56
table7 Hateful_Memes     joint               55.00
table7 Hateful_Memes     inforeg             56.20
"""
"""What the paper prints, transcribed once more and apart from the YAML files."""

PAPER_SUITE = {"cremad", "kinetics_sounds", "mosi", "violent_flows", "hateful_memes"}
COLUMN = {"accuracy": 0, "macro_f1": 1, "accuracy/weakest": -1}
"""Where a claim's metric stands among the printed numbers of a row; the weakest modality is the video."""


@pytest.fixture(scope="module")
def project():
    return Project(Path(__file__).parents[2])


@pytest.fixture(scope="module")
def experiments(project):
    return {name: project.experiment(name) for name in project.experiments()}


def test_the_printed_numbers_are_the_papers(experiments):
    wanted = {}
    for line in PAPER.split("\n")[1:-1]:
        name, data, key, *numbers = line.split()
        wanted[name, data.replace("_", " "), key] = [float(number) for number in numbers]
    found = {
        (name, data, key): numbers
        for name, experiment in experiments.items()
        for data, rows in experiment.printed.items()
        for key, numbers in rows.items()
    }
    again = {place: found.pop(place) for place in list(found) if place[0] == "printed"}
    assert found == wanted
    for (_, data, key), numbers in again.items():
        assert numbers in [wanted.get((table, data, key)) for table in ("table2", "table3")]


def test_the_printed_effect_of_a_claim_is_the_difference_of_printed_numbers(experiments):
    checked = 0
    for name, experiment in experiments.items():
        for claim in experiment.claims:
            for data, effect in claim.printed.items():
                rows = experiment.printed.get(data, {})
                if name.startswith("headline"):
                    rows = experiments["table3"].printed[data] | experiments["table2"].printed[data]
                if name == "table1" and data == "Kinetics-Sounds":  # of Table 2
                    rows = experiments["table2"].printed[data]
                place = COLUMN[claim.metric]
                difference = rows[claim.better][place] - rows[claim.worse][place]
                assert effect == pytest.approx(difference, abs=0.001), (name, claim.id, data)
                checked += 1
    assert checked == 100


def test_the_peaks_that_figure_1_prints_stand_in_its_caption(experiments):
    found = re.findall(r"0\.\d+ \(\w+|epoch \d+", experiments["figure1"].caption)
    # Joint training first, then each modality alone.
    assert found == [
        *("0.185 (whole", "0.165 (audio", "0.018 (video", "epoch 15"),
        *("0.153 (audio", "0.128 (video", "epoch 13"),
    ]


def test_the_order_of_table_4_is_claimed_whole(experiments):
    claimed = {(claim.better, claim.worse) for claim in experiments["table4"].claims}
    prime, whole, other = "inforeg", "inforeg/always", "inforeg/outside_prime"
    assert {(prime, whole), (whole, other), (prime, other)} <= claimed


def test_every_table_and_figure_of_the_paper_is_made(project, experiments):
    made = set(project.workflow().experiments)
    paper = {f"table{n}" for n in range(1, 8)} | {f"figure{n}" for n in (1, 3, 5, 6, 7, 8, 10)}
    assert made == paper | {"robustness"}  # that a sentence on the paper is of
    for name in made:
        assert len(experiments[name].benchmarks) >= (1 if name in ("figure10", "table7") else 2)
        assert set(experiments[name].paper_benchmarks) <= PAPER_SUITE
        assert experiments[name].paper_benchmarks


def test_the_protocol_study_compares_each_random_split_with_the_honest_one(project, experiments):
    experiment = experiments["protocol"]
    benchmarks = {name: project.benchmark(name) for name in experiment.benchmarks}
    found = honest_split(Study("protocol", experiment, benchmarks, None))
    assert found == {"htad_random": "htad", "watch_random": "watch"}


def test_the_smartwatch_by_people_is_the_same_data_trained_alike_with_folds_enough(project, experiments):
    whole, people = project.benchmark("watch"), project.benchmark("watch_subjects")
    assert dataset_of(whole.data).place == dataset_of(people.data).place  # so pooling counts them once
    assert people.trial().model_copy(update={"data": whole.data}) == whole.trial()
    assert (people.unit, people.folds) == ("fold", PEOPLE)
    assert people.folds >= seeds_needed(len(experiments["people"].rows) - 1)
    tested = [(cell.fold.number, cell.specs[0].config.data.options) for cell in plan(project, "people").cells]
    assert all(options == {"split": "subject", "fold": fold} for fold, options in tested)


def test_extensions_are_labelled_and_apart(project, experiments):
    config = project.workflow()
    extensions = {
        name for target in ("extensions", "people", "regime", "swapped") for name in config.targets[target]
    }
    assert extensions.isdisjoint(config.experiments)
    extensions |= {"robustness"}
    assert {name for name in experiments if experiments[name].title.startswith("Extension: ")} == extensions
    plain = (*config.targets["field"], *config.targets["field_tuned"], *config.targets["headline"])
    others = {*config.experiments, *plain, config.quick}
    assert set(experiments) == extensions | others


def test_every_row_can_run_and_says_what_it_changes(project, experiments):
    for name, experiment in experiments.items():
        planned = plan(project, name)
        assert planned.cells, name
        for row in experiment.rows:
            offered = METHODS.get(row.method).variants
            # A variant's name alone must never stand for settings that nobody reads.
            assert row.variant == "default" or row.set or row.variant in offered, (name, row.key)
            assert not (row.set and row.variant == "default"), (name, row.key)


def test_every_claim_is_of_cells_that_run(project, experiments):
    for name, experiment in experiments.items():
        left_out = plan(project, name).left_out
        for claim in experiment.claims:
            rows = (claim.better, claim.worse)
            lacking = [b for b in experiment.benchmarks if any((row, b) in left_out for row in rows)]
            # Greedy joins branches at a depth that the mean of words does not have.
            assert lacking == (["emoji"] if "greedy" in rows and "emoji" in experiment.benchmarks else [])


def test_there_are_seeds_enough_for_every_claim(experiments):
    for name, experiment in experiments.items():
        if experiment.claims:
            fewest = min(len(experiment.seeds_on(benchmark)) for benchmark in experiment.benchmarks)
            assert fewest >= seeds_needed(len(experiment.claims)), name
    assert experiments["table2"].seeds == experiments["table3"].seeds == 10


def test_the_fresh_seeds_of_the_headline_are_tested_as_all_are(experiments):
    whole, fresh = experiments["headline"], experiments["headline_fresh"]
    # The others have no more seeds than those tables: they are there for what is pooled.
    assert [len(whole.seeds_on(each)) for each in whole.benchmarks] == [40, 40, 40, 10, 10]
    assert fresh.benchmarks == whole.benchmarks[:3]
    assert fresh.first_seed == experiments["table2"].seeds == experiments["table3"].seeds
    for benchmark in fresh.benchmarks:
        assert fresh.seeds_on(benchmark) == whole.seeds_on(benchmark)[fresh.first_seed :]
    apart = {"title", "caption", "benchmarks", "seeds", "first_seed"}
    assert fresh.model_dump(exclude=apart) == whole.model_dump(exclude=apart)


def test_the_headline_begins_with_the_runs_of_the_tables_that_it_is_about(project, experiments):
    specs = {
        name: {spec.digest() for cell in plan(project, name).cells for spec in cell.specs}
        for name in ("table2", "table3")
    }
    first = [
        spec.digest()
        for cell in plan(project, "headline").cells
        for spec in cell.specs
        if spec.seed < experiments["headline_fresh"].first_seed
    ]
    assert len(first) == 10 * 5 * 10 - 10  # Greedy cannot run on the emoji
    assert specs["table2"] | specs["table3"] >= {*first}


def test_the_tuned_field_is_the_field_with_what_the_trials_chose(project, experiments):
    field, tuned = experiments["field"], experiments["field_tuned"]
    apart = {"title", "caption", "tuned"}
    assert tuned.tuned
    assert tuned.model_dump(exclude=apart) == field.model_dump(exclude=apart)
    tried = project.tuning(TUNING)
    assert (tried.benchmarks, [row.key for row in tried.rows]) == (
        field.benchmarks,
        [row.key for row in field.rows],
    )
    assert plan(project, "field_tuned").left_out == plan(project, "field").left_out
    for cell in plan(project, "field_tuned").cells:
        choice, spec = project.tuned().choices[cell.specs[0].benchmark][cell.row], cell.specs[0]
        assert spec.config.training.lr == choice.row.set.get("training.lr", spec.config.training.lr)
        assert spec.variant.endswith(f"trial_{choice.trial}") or choice.trial == 0 or cell.row == "unimodal"


def test_what_takes_long_is_no_part_of_all(project):
    config = project.workflow()
    assert {*config.long} == {
        "field_tuned",
        "headline",
        "people",
        "regime",
        "settings",
        "swapped",
        "tuning",
    }
    assert not {*config.targets["headline"], *config.targets["regime"]} & {*config.experiments}


def test_the_study_of_regimes_is_what_it_says(project, experiments):
    study, planned = experiments["regime"], plan(project, "regime")
    assert not planned.left_out
    assert len(planned.cells) == len(study.benchmarks) * 6 * 6
    first = study.contrasts[0]
    assert (first.row, first.reference) == ("InfoReg", "Joint training")
    columns: dict[tuple[str, str], set] = {}
    rows = {row.key: row for row in study.rows}
    for cell in planned.cells:
        spec, row = cell.specs[0], rows[cell.row]
        training = spec.config.training
        assert len(cell.specs) == 12
        recorded = ["movement", "sample_trace"] if row.label in ("Joint training", "InfoReg") else []
        assert training.measure == recorded
        place = spec.benchmark, row.column
        if "unimodal_weight" not in row.set:
            columns.setdefault(place, set()).add((spec.config.initial_weights, training.lr, training.epochs))
    # Every row of a column has its settings, but Joint* and InfoReg*, which have their own.
    assert all(len(found) == 1 for found in columns.values())
    for benchmark in study.benchmarks:
        own = project.benchmark(benchmark).training
        mine = [next(iter(found)) for (name, _), found in columns.items() if name == benchmark]
        assert {weights for weights, *_ in mine} == {"paper", "torch"}
        assert {round(lr / own.lr, 6) for _, lr, _ in mine} == {1, 0.4, 0.2}
        assert {epochs / own.epochs for *_, epochs in mine} == {1, 2, 4}


def test_a_sweeps_places_are_its_settings(experiments):
    for name in ("figure7", "figure8"):
        for row in experiments[name].rows:
            if row.x is not None and row.set:
                assert list(row.set.values()) == [row.x]
                assert re.sub("_", ".", row.variant.partition("_")[2]) == str(row.x)


@pytest.mark.parametrize(
    ("name", "setting"), [("figure7", "beta"), ("figure8", "threshold"), ("dose_response", "slowness")]
)
def test_every_run_of_a_sweep_stands_where_its_own_setting_puts_it(project, experiments, name, setting):
    places = {row.key: row.x for row in experiments[name].rows if row.x is not None}
    assert len(set(places.values())) == (4 if name == "dose_response" else 6)
    for cell in plan(project, name).cells:
        for spec in cell.specs:
            if cell.row in places:
                found = {**spec.settings, **spec.config.data.model_dump()}
                assert found[setting] == places[cell.row], (cell.row, spec.seed)


def test_latex_has_a_character_for_every_one_in_the_experiments(project, experiments):
    texts = [project.benchmark(name).title for name in project.benchmarks()]
    for experiment in experiments.values():
        texts += [experiment.title, experiment.caption, *(row.title for row in experiment.rows)]
        texts += [text for claim in experiment.claims for text in (claim.statement, claim.source)]
    assert [text for text in texts if not latex_text(text).isascii()] == []
