// What does the address say of what is shown?
"use strict";

const FILTERS = ["q", "protocol", "judge", "weights", "size"];
const DATA = JSON.parse(document.getElementById("data").textContent);
const TABLES = [...document.querySelectorAll("table[data-board]")].map((table) => table.dataset.board);

const state = { table: TABLES[0], sort: "", picks: [], cell: "" };

function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  const table = given.get("table");
  state.table = TABLES.includes(table) ? table : TABLES[0];
  state.sort = given.get("sort") || "";
  state.picks = (given.get("compare") || "").split(",").filter(Boolean);
  state.cell = given.get("cell") || "";
  for (const name of FILTERS) state[name] = given.get(name) || "";
}

function writeAddress() {
  const kept = new URLSearchParams();
  if (state.table !== TABLES[0]) kept.set("table", state.table);
  if (state.sort) kept.set("sort", state.sort);
  for (const name of FILTERS) if (state[name]) kept.set(name, state[name]);
  if (state.picks.length) kept.set("compare", state.picks.join(","));
  if (state.cell) kept.set("cell", state.cell);
  const text = kept.toString();
  history.replaceState(null, "", text ? "#" + text : location.href.split("#")[0]);
}

function make(tag, text, className) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
}

function draw(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
