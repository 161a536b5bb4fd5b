"""The site as a reader sees it, in a headless Chromium: tables that sort, filters, charts, phones, paper."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from inforeg.__main__ import parser
from inforeg.analysis.site import published
from inforeg.analysis.site.content import Content, Line
from inforeg.analysis.site.write import write_site
from inforeg.suite.project import Project
from tests.workflow.conftest import Tree

ROOT = Path(__file__).parents[2]
PATIENCE = 60  # seconds, for a busy machine; nothing waits longer than it has to
DESKTOP, PHONE = 1280, 390
PAGES = [
    "index.html",
    "leaderboards/index.html",
    "leaderboards/avdigits.html",
    "claims/index.html",
    "claims/table2/inforeg_greedy.html",
    "experiments/table2.html",
    "methods/index.html",
    "methods/inforeg.html",
    "data/index.html",
    "data/htad.html",
    "runs/htad.html",
    "reference/index.html",
    "reference/keys.html",
    "reference/commands.html",
    "reference/api/methods.html",
    "guides/index.html",
    "guides/tutorial.md.html",
    "guides/explanation/found.md.html",
    "guides/recipes/README.md.html",
    "guides/recipes/ddp.py.html",
    "runs/htad/inforeg/default/seed-0.html",
]


def few(content: Content) -> Content:
    """The same with the runs of one seed, and one claim pooled as later versions pool them."""
    runs = {names: numbers for names, numbers in content.runs.items() if names[3] == 0}
    effect = {"effect": 1.5, "low": 0.5, "high": 2.5, "effect_low": 0.5, "effect_high": 2.5}
    pooled = Line({**effect, "p_holm": 0.01, "verdict": "reproduced", "above": 4.0, "below": 0.0})
    first, *others = content.claims
    return replace(content, runs=runs, claims=[replace(first, pooled=pooled), *others])


@dataclass(frozen=True)
class Reader:
    """Somebody who opens pages of the site in `folder`."""

    browser: Chrome
    folder: Path

    def open(self, page: str, width: int = DESKTOP) -> None:
        """Open a page, and wait until its charts are drawn."""
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width == PHONE}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        self.browser.get((self.folder / page).as_uri())
        WebDriverWait(self.browser, PATIENCE).until(
            lambda _: len(self.all(".chart")) == len(self.all(".chart svg"))
        )

    def all(self, selector: str) -> list[WebElement]:
        """What a selector of CSS finds."""
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        """The first of these."""
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def column(self, place: int) -> list[str]:
        """The texts of a column of the first table, of the rows that are shown."""
        rows = self.all("table:first-of-type tbody tr:not([hidden])")
        return [row.find_elements(By.CSS_SELECTOR, "th, td")[place].text for row in rows]

    def wait_for_rows(self, shown: int, every: int) -> None:
        """Wait until so many rows are shown, and said to be."""
        told = f"{shown} of {every} rows"
        WebDriverWait(self.browser, PATIENCE).until(lambda _: self.one("form.controls output").text == told)
        assert len(self.column(0)) == shown


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of a published version."""
    site = tmp_path_factory.mktemp("site") / "v0.1.1"
    content = few(published.content_of(ROOT / "results/published/v0.1.1", Project(ROOT)))
    write_site(replace(content, commands=parser().parse_args(["site"]).commands), site)
    return site


@pytest.fixture
def reader(browser: Chrome, folder: Path) -> Iterator[Reader]:
    """A reader whose console stays empty, wherever the test goes."""
    browser.get_log("browser")
    yield Reader(browser, folder)
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert [line for line in browser.get_log("browser") if line["level"] == "SEVERE"] == []


def test_the_workflow_makes_one_of_its_own_runs(finished: Tree, browser: Chrome, tmp_path: Path) -> None:
    tree = finished.copy(tmp_path / "project")
    answer = tree.run("snakemake", "--cores", "1", "site")
    assert answer.returncode == 0, answer.stderr
    reader = Reader(browser, tree.path / "results/site/latest")
    browser.get_log("browser")
    reader.open("index.html")
    reader.one("table tbody a").click()
    assert reader.one("table tbody td:last-child").text
    reader.open("runs/synthetic/inforeg/default/seed-0.html")
    titles = [each.text.split(".")[0] for each in reader.all("figcaption")]
    assert {"Test accuracy (%)", "Prime learning windows"} <= {*titles}
    command = reader.one(".command").text.splitlines()[-1]
    assert command.startswith("inforeg train --spec '{")
    assert command.endswith("--seed 0")
    reader.open("data/synthetic.html")
    assert len(reader.all(".samples svg")) > 0
    assert reader.one("caption").text == "Samples by split and class"
    assert [line for line in browser.get_log("browser") if line["level"] == "SEVERE"] == []


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_pages_draw_their_charts_and_fit_their_width(reader: Reader, width: int) -> None:
    for page in PAGES:
        reader.open(page, width)
        wide = reader.browser.execute_script("return document.documentElement.scrollWidth")
        assert wide <= width, page
        assert len(reader.all("h1")) == 1, page


def test_nothing_is_fetched_from_elsewhere(reader: Reader) -> None:
    reader.open("index.html")
    fetched = reader.browser.execute_script("return performance.getEntriesByType('resource')")
    assert [entry["name"] for entry in fetched if not entry["name"].startswith(("file:", "data:"))] == []


def test_a_column_is_sorted_by_its_button_either_way(reader: Reader) -> None:
    reader.open("leaderboards/avdigits.html")
    header = reader.all("table thead th")[1]
    assert (header.text.split()[0], header.get_attribute("aria-sort")) == ("Mean", "none")
    header.find_element(By.TAG_NAME, "button").send_keys(Keys.ENTER)  # by the keyboard, as by the mouse
    means = [float(text.split()[0]) for text in reader.column(1)]
    assert header.get_attribute("aria-sort") == "ascending"
    assert means == sorted(means)
    assert means[0] < means[-1]
    header.find_element(By.TAG_NAME, "button").click()
    assert header.get_attribute("aria-sort") == "descending"
    assert [float(text.split()[0]) for text in reader.column(1)] == means[::-1]


def test_what_is_no_number_is_last_either_way(reader: Reader) -> None:
    reader.open("leaderboards/avdigits.html")
    header = reader.all("table thead th")[3]
    assert header.text.startswith("Difference")
    for _ in range(2):
        header.find_element(By.TAG_NAME, "button").click()
        differences = reader.column(3)
        dashes = [place for place, text in enumerate(differences) if text == "—"]
        assert dashes
        assert dashes == list(range(len(differences) - len(dashes), len(differences)))


def test_a_minus_sign_is_below_0(reader: Reader) -> None:
    reader.open("leaderboards/avdigits.html")
    reader.all("table thead th button")[3].click()
    differences = [text.split()[0] for text in reader.column(3) if text != "—"]
    signs = [text[0] for text in differences]
    assert set(signs) == {"+", "−"}
    assert signs == sorted(signs, key="−+".index)


def test_rows_are_filtered_and_counted(reader: Reader) -> None:
    reader.open("leaderboards/avdigits.html")
    every = len(reader.column(0))
    form = reader.one("form.controls")
    experiment, _, group = form.find_elements(By.TAG_NAME, "select")
    experiment.send_keys("table2")
    reader.wait_for_rows(6, every)
    group.send_keys("above")
    reader.wait_for_rows(1, every)
    assert reader.column(0) == ["Greedy"]
    experiment.send_keys("all")
    group.send_keys("all")
    reader.wait_for_rows(every, every)
    form.find_element(By.CSS_SELECTOR, "input[type=search]").send_keys("mmPARETO")
    reader.wait_for_rows(1, every)
    assert reader.column(0) == ["MMPareto"]


def test_the_findings_lead_to_a_claim_and_on_to_its_experiment(reader: Reader) -> None:
    reader.open("index.html")
    reader.one("table tbody a").click()
    assert reader.one("h1").text.startswith("InfoReg makes the weakest modality more accurate")
    assert reader.browser.current_url.endswith("claims/table1/inforeg_extended.html")
    reader.one("dl a").click()
    assert reader.one("h1").text == "Table 1: longer training and the weakest modality"


def test_the_keyboard_reaches_the_content_first(reader: Reader) -> None:
    reader.open("index.html")
    ActionChains(reader.browser).send_keys(Keys.TAB).perform()
    active = reader.browser.switch_to.active_element
    assert active.text == "Skip to the content"
    active.send_keys(Keys.ENTER)
    assert reader.browser.switch_to.active_element.get_attribute("id") == "main"


def test_tables_and_charts_say_what_they_are(reader: Reader) -> None:
    for page in PAGES:
        reader.open(page)
        for table in reader.all("table"):
            assert page.startswith("guides") or table.find_element(By.TAG_NAME, "caption").text, page
            assert all(each.get_attribute("scope") for each in table.find_elements(By.TAG_NAME, "th")), page
        assert all(each.get_attribute("aria-label") for each in reader.all(".chart")), page
        assert all(each.get_attribute("alt") for each in reader.all("img")), page
        assert reader.browser.execute_script(LABELLED), page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_are_legible_in_either_scheme(reader: Reader, scheme: str) -> None:
    """Contrasts of WCAG 2.2, level AA: 4.5 to 1."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    reader.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    try:
        reader.open("claims/table2/inforeg_greedy.html")
        papers = reader.browser.execute_script(COLOUR, "body", "backgroundColor")
        for selector in ("p", "a[href]", "caption", ".notes p", "figcaption", "dt", "nav a"):
            ink = reader.browser.execute_script(COLOUR, f"main {selector}, header {selector}", "color")
            assert contrast(ink, papers) >= 4.5, selector
        label = reader.browser.execute_script(COLOUR, ".chart svg .role-axis-label text", "fill")
        assert contrast(label, papers) >= 4.5
    finally:
        reader.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


LABELLED = "return [...document.querySelectorAll('input, select')].every((each) => each.labels.length > 0)"
COLOUR = """
const found = getComputedStyle(document.querySelector(arguments[0]))[arguments[1]];
return found.match(/[0-9.]+/g).slice(0, 3).map(Number);
"""


def contrast(first: list[float], second: list[float]) -> float:
    """The ratio of two colours' luminances, the larger above (WCAG 2.2)."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: list[float]) -> float:
    """Relative luminance of sRGB in 0..255."""
    parts = [value / 255 for value in colour]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_paper_has_the_content_alone(reader: Reader) -> None:
    reader.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        reader.open("leaderboards/avdigits.html")
        assert not any(each.is_displayed() for each in reader.all("nav, form.controls"))
        overflow = "return getComputedStyle(document.querySelector('.scroll')).overflowX"
        assert reader.browser.execute_script(overflow) == "visible"
    finally:
        reader.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
