// Puts the page together and keeps it in step with the address.
"use strict";

const controls = document.forms.controls;

function show() {
  const counts = TABLES.map((table) => [table, showBoard(table)]);
  const shown = counts.find(([table]) => table === state.table)[1].length;
  const all = boards.get(state.table).rows.length;
  document.getElementById("count").textContent = shown === all ? `${all} systems` : `${shown} of ${all} systems`;
  document.getElementById("clear").hidden = !FILTERS.some((name) => state[name]);
  for (const button of controls.querySelectorAll("[data-table]")) {
    button.setAttribute("aria-pressed", String(button.dataset.table === state.table));
  }
  showComparison();
  writeAddress();
}

function follow() {
  readAddress();
  for (const name of FILTERS) {
    controls.elements[name].value = state[name];
    if (controls.elements[name].value !== state[name]) state[name] = controls.elements[name].value = "";
  }
  const wanted = state.cell;
  show();
  if (wanted) openFigure(state.table, ...wanted.split(" "));
  else if (dialog.open) dialog.close();
}

async function copyLink(button) {
  try {
    await navigator.clipboard.writeText(location.href);
  } catch {
    copyOldWay(location.href);
  }
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy link"), 2500);
}

// Where a page isn't served safely, browsers have no clipboard for it.
function copyOldWay(text) {
  const field = make("textarea", text, "hidden");
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

TABLES.forEach(takeBoard);
fillChoices();
controls.hidden = false;
controls.addEventListener("submit", (event) => event.preventDefault());
controls.addEventListener("input", () => {
  for (const name of FILTERS) state[name] = controls.elements[name].value;
  show();
});
for (const button of controls.querySelectorAll("[data-table]")) {
  button.addEventListener("click", () => {
    state.table = button.dataset.table;
    show();
  });
}
for (const button of document.querySelectorAll("[data-shown]")) {
  button.hidden = false;
  button.addEventListener("click", () => saveShown(button.dataset.shown));
}
document.getElementById("clear").addEventListener("click", () => {
  for (const name of FILTERS) state[name] = controls.elements[name].value = "";
  show();
});
document.getElementById("unpick").addEventListener("click", () => {
  state.picks = [];
  show();
});
document.getElementById("copy").addEventListener("click", (event) => copyLink(event.currentTarget));
window.addEventListener("hashchange", follow);
follow();
