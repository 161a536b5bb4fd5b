"""The report as a reader sees it, in a headless Chromium: what the menu leads to, and what a link opens."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.expected_conditions import visibility_of_element_located
from selenium.webdriver.support.wait import WebDriverWait

from tests.workflow.conftest import Tree

PATIENCE = 60  # seconds, for a busy machine; nothing waits longer than it has to
CATEGORIES = ["Claims", "Figures", "Tables", "Tests"]
RESULTS = {  # a file of each category, and how its caption begins
    "results/claims.md": ("Claims", "What became of the claims: the difference in points"),
    "results/figures/main_curves.png": ("Figures", "A figure of the experiment main."),
    "results/tables/main.md": ("Tables", "Tables of the experiment main: rows by benchmarks, and"),
    "results/statistics/main.csv": ("Tests", "Every comparison behind the tables of main: difference to the"),
}
FILES = [
    ("Claims", "results/claims.md"),
    ("Tables", "results/tables/main.md"),
    ("Tables", "results/tables/main_second.tex"),
    ("Tests", "results/statistics/main.csv"),
]


@dataclass(frozen=True)
class Reader:
    """Somebody who has just opened the report of the project `tree`."""

    browser: Chrome
    tree: Tree
    downloads: Path

    def see(self, xpath: str) -> WebElement:
        """Wait until it shows."""
        return WebDriverWait(self.browser, PATIENCE).until(visibility_of_element_located((By.XPATH, xpath)))

    def follow(self, xpath: str) -> None:
        """Go to a link and press Enter: the page still moves while its styles load, and a click may miss."""
        self.see(xpath).send_keys(Keys.ENTER)

    def choose(self, item: str) -> None:
        """Follow an item of the menu."""
        self.follow(f"//nav//a[span='{item}']")

    def show(self, path: str) -> None:
        """Follow the eye beside a result."""
        self.follow(f"//tr[td='{path}']//a[1]")

    def ask(self, path: str) -> None:
        """Follow the sign beside it."""
        self.follow(f"//tr[td='{path}']//a[2]")


@pytest.fixture(scope="module")
def reported(finished: Tree, tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """A copy of the finished project, with its report."""
    tree = finished.copy(tmp_path_factory.mktemp("reported") / "project")
    answer = tree.run("snakemake", "--report", "results/report.html")
    assert answer.returncode == 0, answer.stderr
    return tree


@pytest.fixture
def reader(browser: Chrome, reported: Tree, tmp_path: Path) -> Iterator[Reader]:
    """The report, freshly opened; wherever the test goes, the page must not complain."""
    saving = {"behavior": "allow", "downloadPath": str(tmp_path)}
    browser.execute_cdp_cmd("Browser.setDownloadBehavior", saving)
    browser.get((reported.path / "results/report.html").as_uri())
    yield Reader(browser, reported, tmp_path)
    # Nothing is left out: the report holds all of its scripts and styles, so that no fetch may fail either.
    assert [line for line in browser.get_log("browser") if line["level"] == "SEVERE"] == []


def test_the_menu_leads_to_every_category(reader: Reader) -> None:
    reader.see("//*[contains(text(), 'Balanced multimodal learning')]")
    reader.see("//nav//li[.='Results']")
    items = reader.browser.find_elements(By.XPATH, "//nav//li[.='Results']/following-sibling::li")
    assert [item.text for item in items] == CATEGORIES
    for category in CATEGORIES:
        reader.choose(category)
        reader.see("//nav//th[.='File']")
        reader.follow("//nav//nav//a")  # the house, which leads back
    for diagram in ("Statistics", "Workflow"):
        reader.choose(diagram)
        reader.see("//*[contains(@class, 'vega-embed')]//*[name()='canvas' or name()='svg']")


def test_the_report_needs_no_network(reader: Reader) -> None:
    reader.see("//nav")
    fetched = reader.browser.execute_script("return performance.getEntriesByType('resource')")
    assert [entry["name"] for entry in fetched if not entry["name"].startswith(("data:", "blob:"))] == []


@pytest.mark.parametrize("path", RESULTS)
def test_a_result_comes_with_its_caption(reader: Reader, path: str) -> None:
    category, caption = RESULTS[path]
    reader.choose(category)
    reader.ask(path)
    shown = reader.see("//nav//li[contains(@class, 'prose')]")
    assert shown.text.startswith(caption)
    assert "System Message" not in shown.text


@pytest.mark.parametrize(("category", "path"), FILES)
def test_a_file_is_saved_as_it_is(reader: Reader, category: str, path: str) -> None:
    reader.choose(category)
    reader.show(path)
    original = reader.tree.path / path
    saved = reader.downloads / original.name
    WebDriverWait(reader.browser, PATIENCE).until(lambda _: saved.exists())
    assert saved.read_bytes() == original.read_bytes()


def test_a_table_shows(reader: Reader) -> None:
    reader.choose("Tables")
    reader.show("results/tables/main.html")
    reader.browser.switch_to.frame(reader.see("//iframe"))
    assert reader.see("//h2").text == "Small"
    rows = [row.text.split()[0] for row in reader.browser.find_elements(By.XPATH, "//tbody/tr")[:2]]
    assert rows == ["Joint", "Inforeg"]


def test_a_figure_shows(reader: Reader) -> None:
    path = "results/figures/main_curves.png"
    reader.choose("Figures")
    reader.show(path)
    image = reader.see("//div[@id='app']//div/img[starts-with(@src, 'data:image/png')]")
    reader.browser.execute_script("return arguments[0].decode()", image)  # fails if it cannot be decoded
    size = struct.unpack(">II", (reader.tree.path / path).read_bytes()[16:24])  # of the PNG's first chunk
    assert (image.get_property("naturalWidth"), image.get_property("naturalHeight")) == size
    assert min(size) > 0
