// What stands behind a figure?
"use strict";

const dialog = document.getElementById("provenance");

function openFigure(table, id, key) {
  const row = boards.get(table).rows.find((each) => each.id === id);
  const cell = row && row.cells[key];
  if (!cell || !cell.facts.length) return;
  document.getElementById("provenance-system").textContent = row.model;
  document.getElementById("provenance-title").textContent = cell.title;
  const headline = document.getElementById("provenance-headline");
  headline.replaceChildren(make("span", cell.text, "value"));
  if (cell.low !== null) headline.append(make("span", `${cell.low.toFixed(1)} to ${cell.high.toFixed(1)}`, "quiet value"));
  if (cell.beside !== null) headline.append(make("span", `published ${cell.beside}`, "quiet value"));
  const facts = cell.facts.map(([label, text]) => {
    const group = make("div");
    const value = make("dd");
    value.append(label === "Command" ? make("code", text) : text);
    group.append(make("dt", label), value);
    return group;
  });
  document.getElementById("facts").replaceChildren(...facts);
  document.getElementById("provenance-page").href = row.line.querySelector("th a").getAttribute("href");
  const { page } = DATA[table].columns.find((column) => column.key === key);
  const task = document.getElementById("provenance-task");
  task.hidden = !page;
  task.href = page || "tasks.html";
  state.cell = `${id} ${key}`;
  writeAddress();
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

function followFigure(event) {
  const link = event.target.closest("a.figure");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const table = link.closest("table").dataset.board;
  openFigure(table, link.closest("tr").dataset.row, link.dataset.cell);
}

document.addEventListener("click", followFigure);
document.getElementById("close").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});
dialog.addEventListener("close", () => {
  state.cell = "";
  writeAddress();
});
