// Sorting and filtering of tables, and the charts. Without it the pages show all of their tables as they are.
"use strict";

const NUMBER = /^[+\u2212-]?(\d+(\.\d+)?(e[+-]?\d+)?|\u221e)/i;

// The number with which a text begins; NaN where it begins with none, as nothing does.
function numberOf(text) {
  const found = NUMBER.exec(text.trim());
  if (!found) return NaN;
  const plain = found[0].replace("\u2212", "-");
  return plain.includes("\u221e") ? (plain.startsWith("-") ? -Infinity : Infinity) : Number(plain);
}

// Below 0, 0 or above it, as of two cells' texts; what is no number comes last, whichever way it is sorted.
function compared(first, second, numeric, direction) {
  if (!numeric) return direction * first.localeCompare(second, "en", { numeric: true });
  const [a, b] = [numberOf(first), numberOf(second)];
  if (isNaN(a) || isNaN(b)) return Number(isNaN(a)) - Number(isNaN(b));
  return a === b ? 0 : direction * (a < b ? -1 : 1);
}

function sort(table, header) {
  const headers = [...header.parentElement.children];
  const place = headers.indexOf(header);
  const direction = header.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  headers.forEach((each) => each.setAttribute("aria-sort", "none"));
  header.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
  const body = table.tBodies[0];
  const numeric = header.classList.contains("number");
  const texts = new Map([...body.rows].map((row) => [row, row.cells[place].textContent.trim()]));
  const rows = [...body.rows].sort((a, b) => compared(texts.get(a), texts.get(b), numeric, direction));
  body.append(...rows);
}

function filter(form) {
  const table = document.getElementById(form.dataset.for);
  const wanted = form.querySelector("input")?.value.trim().toLowerCase() ?? "";
  const chosen = [...form.querySelectorAll("select")].filter((each) => each.value);
  let shown = 0;
  for (const row of table.tBodies[0].rows) {
    const fits = chosen.every((each) => row.cells[each.dataset.column].textContent.trim() === each.value);
    row.hidden = !(fits && row.textContent.toLowerCase().includes(wanted));
    shown += Number(!row.hidden);
  }
  form.querySelector("output").value = `${shown} of ${table.tBodies[0].rows.length} rows`;
}

for (const table of document.querySelectorAll("table.sortable")) {
  for (const header of table.tHead.rows[0].cells) {
    header.querySelector("button").addEventListener("click", () => sort(table, header));
  }
}
for (const form of document.querySelectorAll("form.controls")) {
  form.addEventListener("input", () => filter(form));
  form.addEventListener("submit", (event) => event.preventDefault());
}

const INK = "currentColor";
const FAINT = "rgba(128, 128, 128, 0.28)";
const AXIS = { domainColor: INK, gridColor: FAINT, labelColor: INK, tickColor: INK, titleColor: INK };
const CONFIG = {
  background: "transparent",
  font: "system-ui, sans-serif",
  axis: { ...AXIS, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" },
  legend: { labelColor: INK, titleColor: INK, labelFontSize: 12, orient: "top", labelLimit: 220 },
  view: { stroke: null },
};
for (const chart of document.querySelectorAll(".chart")) {
  const whole = JSON.parse(chart.firstElementChild.textContent);
  const narrow = chart.clientWidth < 600;
  const spec = { ...whole, ...(narrow && whole.usermeta?.narrow) };
  const legend = { ...CONFIG.legend, columns: narrow ? 1 : 4 };
  const config = { ...CONFIG, legend };
  vegaEmbed(chart, spec, { actions: false, config, renderer: "svg" }).catch(console.error);
}
