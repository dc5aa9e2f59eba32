// How do the chosen systems stand beside each other?
"use strict";

const MOST = 5;
const BAR = 14;
const GAP = 6;
const FULL = 240;

function pick(id, wanted) {
  state.picks = state.picks.filter((each) => each !== id);
  if (wanted) state.picks = [...state.picks, id].slice(-MOST);
  show();
}

function chosenRows() {
  const { rows } = boards.get(state.table);
  return state.picks.map((id) => rows.find((row) => row.id === id)).filter(Boolean);
}

function showComparison() {
  const chosen = chosenRows();
  const section = document.getElementById("comparison");
  section.hidden = !chosen.length;
  if (!chosen.length) return;
  const names = make("ul", undefined, "names");
  chosen.forEach((row, place) => {
    const item = make("li");
    const key = draw("svg", { width: 14, height: 14, "aria-hidden": "true" });
    key.append(draw("rect", { width: 14, height: 14, rx: 3, class: `tone-${place}` }));
    item.append(key, row.model);
    names.append(item);
  });
  const groups = make("div", undefined, "groups");
  for (const column of DATA[state.table].columns) groups.append(drawGroup(column, chosen));
  const note = make("p", `Whiskers are the 95 % interval. An outlined bar is a published figure, which has none. At most ${MOST} systems: one more takes the place of the first.`, "quiet");
  document.getElementById("bars").replaceChildren(names, groups, note);
}

function drawGroup(column, chosen) {
  const group = make("figure");
  const height = chosen.length * (BAR + GAP) - GAP;
  const told = chosen.map((row) => `${row.model} ${row.cells[column.key].text}`).join(", ");
  const svg = draw("svg", { viewBox: `0 0 ${FULL + 46} ${height}`, role: "img", "aria-label": `${column.title}: ${told}` });
  chosen.forEach((row, place) => drawBar(svg, row.cells[column.key], place));
  group.append(make("figcaption", column.title), svg);
  return group;
}

function drawBar(svg, cell, place) {
  const top = place * (BAR + GAP);
  const middle = top + BAR / 2;
  svg.append(draw("rect", { y: top, width: FULL, height: BAR, rx: 3, class: "track" }));
  if (cell.value !== null) {
    const outlined = cell.kind === "published" ? " outlined" : "";
    const width = (FULL * cell.value) / 100;
    svg.append(draw("rect", { x: 0.75, y: top + 0.75, width: Math.max(width - 1.5, 0.5), height: BAR - 1.5, rx: 2.5, class: `tone-${place}${outlined}` }));
    if (cell.low !== null) {
      const [low, high] = [(FULL * cell.low) / 100, (FULL * cell.high) / 100];
      const path = `M${low} ${middle}H${high}M${low} ${middle - 4}v8M${high} ${middle - 4}v8`;
      svg.append(draw("path", { d: path, class: "whisker-edge" }), draw("path", { d: path, class: "whisker" }));
    }
  }
  const text = draw("text", { x: FULL + 8, y: middle, "dominant-baseline": "central", class: "figure-text" });
  text.textContent = cell.value === null ? "–" : cell.text;
  svg.append(text);
}
