from dataclasses import replace

import pytest
from pydantic import ValidationError
from sweeps import BETTER, CLAIM, JOINT, compared, make_sweep, write_all

from inforeg.analysis.statistics.compute import compute
from inforeg.analysis.tables import details, main_table
from inforeg.analysis.tables.render import latex, markdown
from inforeg.errors import UserError
from inforeg.metrics.base import title_of
from inforeg.registry import METHODS
from inforeg.suite import products

MARKDOWN = r"""Mini

| Method   |                  ALPHA (%) |                          BETA (%) |   CREMA-D, printed (%) |
|:---------|---------------------------:|----------------------------------:|-----------------------:|
| Joint    |      <ins>70.5 ± 0.5</ins> |                    **73.4 ± 1.7** |          66.61 / 58.99 |
| Inforeg  | **73.4 ± 1.7**<sup>↑</sup> | <ins>70.5 ± 0.5</ins><sup>↓</sup> |              71.90 / — |
| Unimodal |     60.5 ± 0.5<sup>↓</sup> |                     —<sup>a</sup> |                      — |

Test accuracy at the epoch with the best validation accuracy. Mean ± sd (ddof = 1) over n = 8 seeds. Best in bold, second best underlined.

↑, ↓: above, below Joint with p \< 0.05 in a two-sided paired sign-flip test over seeds, after Holm over the rows of a benchmark.

Optimiser: SGD.

Unimodal on ALPHA: audio, the best variant on validation.

Printed: as the paper prints it.

a: needs two modalities.

<!-- where from -->
"""  # noqa: E501

LATEX = r"""\toprule
 Method   &                           ALPHA (\%) &                                  BETA (\%) & \begin{tabular}[b]{@{}r@{}}CREMA-D, \\ printed (\%)\end{tabular} \\
\midrule
 Joint    &           \underline{70.5 $\pm$ 0.5} &                    \textbf{73.4 $\pm$ 1.7} &                                                   66.61 / 58.99 \\
 Inforeg  & \textbf{73.4 $\pm$ 1.7}\textsuperscript{$\uparrow$} & \underline{70.5 $\pm$ 0.5}\textsuperscript{$\downarrow$} &                                                     71.90 / \textemdash{} \\
 Unimodal &        60.5 $\pm$ 0.5\textsuperscript{$\downarrow$} &                                 \textemdash{}\textsuperscript{a} &                                                             \textemdash{} \\
\bottomrule
"""  # noqa: E501


def squeezed(text):
    """Without the padding that aligns columns."""
    return [" ".join(line.split()) for line in text.splitlines()]


def test_arrows_are_explained_where_there_are_some(tmp_path):
    accuracies = {("alpha", "joint", "default"): JOINT[:3], ("alpha", "inforeg", "default"): BETTER[:3]}
    study = make_sweep(tmp_path, accuracies, {}).study()
    assert (
        main_table.main_table(study, compute(study))
        .notes[1]
        .startswith("No row is above or below Joint with")
    )


def test_main_table_is_the_one_worked_out_by_hand(study):
    # sd of eight values ±0.5 around 70.5: sqrt(8 * .25 / 7) = 0.53; 73.375 ± 1.69 likewise.
    table = main_table.main_table(study, compute(study))
    assert squeezed(markdown([table], "where from")) == squeezed(MARKDOWN)
    body = latex([table], "where from")
    assert squeezed(LATEX) == squeezed(body[body.index("\\toprule") : body.index("\\end{tabular}\n}\n\\par")])


def test_a_small_loss_is_best(study):
    study.experiment.__dict__["metric"] = "loss"
    table = main_table.main_table(study, compute(study))
    # Losses are 1 - accuracy in nats, not in percent.
    assert table.header[1] == "ALPHA (nats)"
    assert (table.rows[1][1].text, table.rows[1][1].style, table.rows[1][1].mark) == (
        "0.3 ± 0.0",
        "best",
        "↓",
    )


@pytest.fixture
def two_columns(tmp_path):
    """Joint and inforeg on alpha under two conditions; of the second, each is 5 points lower."""
    lower = {name: [value - 0.05 for value in values] for name, values in (("j", JOINT), ("i", BETTER))}
    sweep = make_sweep(
        tmp_path,
        {
            ("alpha", "joint", "default"): JOINT,
            ("alpha", "inforeg", "default"): BETTER,
            ("alpha", "ogm", "default"): lower["j"],
            ("alpha", "agm", "default"): lower["i"],
        },
        {},
        beside=["accuracy/*"],
        rows=[
            {"label": "Joint", "column": "Whole", "method": "joint"},
            {"label": "InfoReg", "column": "Whole", "method": "inforeg"},
            {"label": "Joint", "column": "Part", "method": "ogm", "reference": "ogm"},
            {"label": "InfoReg", "column": "Part", "method": "agm", "reference": "ogm"},
        ],
    )
    return sweep.study()


def test_columns_and_brackets(two_columns):
    table = main_table.main_table(two_columns, compute(two_columns))
    assert list(table.header) == ["Method", "Whole", "Part"]
    # Each modality is 10 points below the whole, in the fake runs.
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["ALPHA (%)", "", ""],
        ["Joint", "70.5 ± 0.5 (60.5 / 60.5)", "65.5 ± 0.5 (55.5 / 55.5)"],
        ["InfoReg", "73.4 ± 1.7 (63.4 / 63.4)", "68.4 ± 1.7 (58.4 / 58.4)"],
    ]
    assert [[cell.mark for cell in row[1:]] for row in table.rows] == [["", ""], ["", ""], ["↑", "↑"]]
    assert "In brackets: accuracy of audio / accuracy of video." in table.notes
    assert any("above, below Joint of the same column" in note for note in table.notes)


def test_tables_name_the_optimiser(two_columns):
    """Mistake 9: scaled gradients cancel under Adam, so that a result without its optimiser says little."""
    assert "Optimiser: SGD." in main_table.main_table(two_columns, compute(two_columns)).notes
    rows = [
        row.model_copy(update={"set": {"training.optimizer": "adam"} if row.column == "Part" else {}})
        for row in two_columns.experiment.rows
    ]
    study = replace(two_columns, experiment=two_columns.experiment.model_copy(update={"rows": rows}))
    notes = main_table.main_table(study, compute(study)).notes
    assert "Optimiser: SGD (column Whole), Adam (column Part)." in notes


def test_a_row_is_tested_against_its_own_reference(two_columns):
    lines = compared(two_columns).set_index("row")
    assert lines["reference"].to_dict() == {"joint": "joint", "inforeg": "joint", "ogm": "ogm", "agm": "ogm"}
    assert lines["family"].dropna().unique().tolist() == [2]
    assert lines["difference"]["agm"] == pytest.approx(lines["difference"]["inforeg"])


def test_details_show_the_three_selection_rules_and_every_variant(study):
    rules, shares, probes = details.detail_tables(study, compute(study), "alpha")
    assert list(rules.header) == [
        "Method",
        "Best validation epoch (%)",
        "Last epoch (%)",
        "Test oracle (%)",
        "Macro-F1 (%)",
    ]
    texts = [[cell.text for cell in row] for row in rules.rows]
    assert texts[0] == ["Joint", "70.5 ± 0.5", "68.5 ± 0.5", "73.5 ± 0.5", "65.5 ± 0.5"]
    assert "biased upwards" in rules.notes[0]
    assert [row[0].text for row in shares.rows] == [
        "Joint",
        "Inforeg",
        "Unimodal (audio)",
        "Unimodal (video)",
    ]
    assert [cell.text for cell in shares.rows[2]][1:3] == ["50.5 ± 0.5", "—"]
    assert [cell.text for cell in probes.rows[0]][1:] == ["50.5 ± 0.5", "50.5 ± 0.5", "10.0 ± 0.0"]


def test_across_benchmarks_only_complete_rows_are_ranked(study):
    table = details.across_table(study, compute(study))
    assert [[cell.text for cell in row[:2]] for row in table.rows] == [["Joint", "1.5"], ["Inforeg", "1.5"]]
    assert table.rows[0][3].text == "—"
    assert table.rows[1][3].text.startswith("0.50 [")


def test_file_names_follow_from_the_experiment(study, tmp_path):
    write_all(study, tmp_path)
    names = {path.name for path in (tmp_path / "tables").iterdir()}
    stems = ("mini", "mini_alpha", "mini_beta")
    made = {f"{stem}.{end}" for stem in stems for end in ("tex", "md", "html")}
    assert names == made | {"mini_across.tex"}
    assert {f"tables/{name}" for name in names} == {*products.tables("mini", study.experiment)}
    for name in ("mini", "mini_across"):
        assert (tmp_path / f"tables/{name}.tex").read_text().count(r"\begin{table}") == 1
    assert {path.name for path in (tmp_path / "statistics").iterdir()} == {"mini", "mini.csv", "mini.json"}


def test_one_benchmark_and_two_rows_are_enough(tmp_path):
    accuracies = {("alpha", "joint", "default"): JOINT, ("alpha", "inforeg", "default"): BETTER}
    study = make_sweep(tmp_path, accuracies, {}).study()
    write_all(study, tmp_path)
    assert "all benchmarks" not in (tmp_path / "tables" / "mini.md").read_text()


def test_every_table_tells_what_is_to_be_known_of_a_method_in_it(tmp_path, monkeypatch):
    accuracies = {("alpha", "joint", "default"): JOINT, ("alpha", "inforeg", "default"): BETTER}
    accuracies |= {("beta", row, variant): values for (_, row, variant), values in accuracies.items()}
    study = make_sweep(tmp_path, accuracies, {}).study()
    monkeypatch.setattr(METHODS.get("pmr"), "caveat", "not in these details.")
    monkeypatch.setattr(METHODS.get("inforeg"), "caveat", "it may rain.")
    write_all(study, tmp_path)
    counts = {f"{stem}.{end}": 4 for stem in ("mini_alpha", "mini_beta") for end in ("tex", "md", "html")}
    counts |= {"mini.tex": 1, "mini_across.tex": 1, "mini.md": 2, "mini.html": 2}
    for name, count in counts.items():
        text = (tmp_path / f"tables/{name}").read_text()
        assert text.count("InfoReg: it may rain.") == count
        assert "not in these details" not in text


@pytest.mark.parametrize(
    ("metric", "title"),
    [
        ("accuracy", "accuracy"),
        ("macro_f1", "macro-F1"),
        ("accuracy/audio", "accuracy of audio"),
        ("accuracy/weakest", "accuracy of the weakest modality"),
        ("probe/weakest", "linear probe of the weakest modality"),
        ("imbalance_gap", "imbalance gap"),
        ("dropped", "accuracy without a modality"),
        ("dropped/audio", "accuracy without audio"),
        ("noise/audio", "accuracy under noise of audio"),
    ],
)
def test_metrics_have_readable_titles(metric, title):
    assert title_of(metric) == title


def test_the_best_is_the_best_of_its_own_column(two_columns):
    table = main_table.main_table(two_columns, compute(two_columns))
    styles = [[cell.style for cell in row[1:]] for row in table.rows[1:]]
    assert styles == [["second", "second"], ["best", "best"]]


def test_tests_are_headed_by_the_reference_of_the_same_column(two_columns):
    table = details.tests_table(two_columns, compute(two_columns), "alpha")
    assert table.header[1] == "Over Joint of the same column (points)"


def test_every_test_says_what_its_seeds_find(tmp_path):
    accuracies = {("alpha", "joint", "default"): JOINT, ("alpha", "inforeg", "default"): BETTER}
    study = make_sweep(tmp_path, accuracies, {}).study()
    table = details.tests_table(study, compute(study), "alpha")
    assert table.header[3] == "Smallest found"
    # Differences 1 2 2 3 3 3 4 5 deviate by 1.246 from their mean: 8 seeds find 1.18 deviations.
    assert [row[3].text for row in table.rows] == ["—", "1.5"]


def test_a_misspelt_metric_beside_is_named(tmp_path):
    accuracies = {("alpha", "joint", "default"): JOINT, ("alpha", "inforeg", "default"): BETTER}
    with pytest.raises(UserError, match="no metric 'macro_f2'; did you mean 'macro_f1'"):
        make_sweep(tmp_path / "kind", accuracies, {}, beside=["macro_f2"]).study()
    study = make_sweep(tmp_path / "modality", accuracies, {}, beside=["accuracy/adio"]).study()
    with pytest.raises(UserError, match="no test metric 'accuracy/adio'; did you mean 'accuracy/audio'"):
        main_table.main_table(study, compute(study))


@pytest.mark.parametrize("place", [{"metric": "accuracy/*"}, {"claims": [CLAIM | {"metric": "accuracy/*"}]}])
def test_a_tested_metric_is_one_metric(tmp_path, place):
    accuracies = {("alpha", "joint", "default"): JOINT, ("alpha", "inforeg", "default"): BETTER}
    with pytest.raises(ValidationError, match="String should match pattern"):
        make_sweep(tmp_path, accuracies, {}, **place)
