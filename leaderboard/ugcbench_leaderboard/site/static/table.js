// Which rows are shown, and in which order?
"use strict";

const boards = new Map();

function takeBoard(table) {
  const element = document.querySelector(`table[data-board="${table}"]`);
  const known = new Map(DATA[table].rows.map((row, place) => [row.id, { ...row, place }]));
  const rows = [...element.tBodies[0].rows].map((line) => ({ line, ...known.get(line.dataset.row) }));
  boards.set(table, { element, rows, section: document.getElementById("board-" + table) });
  for (const head of element.tHead.querySelectorAll("th[data-key]")) {
    const button = make("button", head.textContent, "sort");
    button.type = "button";
    button.title = head.title;
    head.removeAttribute("title");
    head.replaceChildren(button);
    button.addEventListener("click", () => sortBy(head.dataset.key));
  }
  for (const { line, id } of rows) {
    const box = line.querySelector("input");
    box.hidden = false;
    box.addEventListener("change", () => pick(id, box.checked));
  }
}

function isText(key) {
  return key === "rank" || key === "model";
}

// First the way in which a column is mostly read, then the other, then the table's own order.
function sortBy(key) {
  const first = isText(key) ? key : "-" + key;
  const second = isText(key) ? "-" + key : key;
  state.sort = state.sort === first ? second : state.sort === second ? "" : first;
  show();
}

function keyOf(row, key) {
  if (key === "rank") return row.rank === null ? null : row.place;
  if (key === "model") return row.model.toLowerCase();
  const cell = row.cells[key];
  return cell ? cell.value : null;
}

function compareRows(key, down) {
  return (first, second) => {
    const [one, other] = [keyOf(first, key), keyOf(second, key)];
    if (one === null || other === null) return (one === null) - (other === null) || first.place - second.place;
    const order = one < other ? -1 : one > other ? 1 : 0;
    return (down ? -order : order) || first.place - second.place;
  };
}

function isSized(size, wanted) {
  if (wanted === "?") return size === null;
  const [from, to] = wanted.split("-");
  return size !== null && size >= Number(from) && (to === "" || size < Number(to));
}

function passes(row) {
  const asked = state.q.trim().toLowerCase();
  return (
    (!asked || row.model.toLowerCase().includes(asked)) &&
    (!state.protocol || row.protocols.includes(state.protocol)) &&
    (!state.judge || (state.judge === "?" ? !row.judges.length : row.judges.includes(state.judge))) &&
    (!state.weights || (row.weights || "?") === state.weights) &&
    (!state.size || isSized(row.size, state.size))
  );
}

function showBoard(table) {
  const { element, rows, section } = boards.get(table);
  const down = state.sort.startsWith("-");
  const key = down ? state.sort.slice(1) : state.sort;
  const ordered = key ? [...rows].sort(compareRows(key, down)) : rows;
  const shown = ordered.filter(passes);
  const kept = new Set(shown);
  for (const row of ordered) {
    row.line.hidden = !kept.has(row);
    row.line.classList.toggle("picked", state.picks.includes(row.id));
    row.line.querySelector("input").checked = state.picks.includes(row.id);
  }
  element.tBodies[0].replaceChildren(...ordered.map((row) => row.line));
  element.classList.toggle("reordered", key !== "" && state.sort !== "rank");
  for (const head of element.tHead.querySelectorAll("th[data-key]")) {
    const here = head.dataset.key === key;
    head.setAttribute("aria-sort", here ? (down ? "descending" : "ascending") : "none");
  }
  section.hidden = table !== state.table;
  section.querySelector(".scroll").hidden = !shown.length;
  section.querySelector(".empty").hidden = Boolean(shown.length);
  return shown;
}

function fillChoices() {
  const rows = TABLES.flatMap((table) => DATA[table].rows);
  for (const [name, field] of [["protocol", "protocols"], ["judge", "judges"]]) {
    const values = [...new Set(rows.flatMap((row) => row[field]))].sort();
    const select = document.forms.controls.elements[name];
    for (const value of values) select.append(new Option(value, value));
    if (name === "judge") select.append(new Option("none asked", "?"));
  }
}

// The rows that are shown, as the tables of the downloads are written: one line a figure.
function writeShown(table) {
  const lines = [["model", "rank", "cell", "value", "low", "high", "made", "published"]];
  for (const row of boards.get(table).rows.filter(passes)) {
    for (const { key } of DATA[table].columns) {
      const cell = row.cells[key];
      if (cell.value === null) continue;
      lines.push([row.model, row.rank, key, cell.value, cell.low, cell.high, cell.kind, cell.beside]);
    }
  }
  return lines.map((line) => line.map(quote).join(",")).join("\r\n") + "\r\n";
}

function quote(value) {
  if (value === null || value === undefined) return "";
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? "'" + value : String(value);
  return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
}

function saveShown(table) {
  const address = URL.createObjectURL(new Blob([writeShown(table)], { type: "text/csv" }));
  const link = make("a");
  link.href = address;
  link.download = table + "-shown.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
