// The list: only the rows in sight are in the page, however many there are.
"use strict";

const List = (() => {
  const { make } = Elements;
  const AROUND = 6; // rows beyond either edge
  const SINGLE = 4; // runs whose scores have a column each
  const box = document.getElementById("list");
  const rows = document.getElementById("rows");
  let index = null;
  let found = [];
  let height = 0;
  let drawn = "";
  let asked = 0;

  function start(known) {
    index = known;
    document.getElementById("columns").append(
      make("span", null, "Sample"),
      make("span", { class: "scores" }, heads()));
    box.addEventListener("scroll", later, { passive: true });
    box.addEventListener("click", (event) => {
      const row = event.target.closest("[data-entry]");
      if (row) State.set({ at: Entries.key(Number(row.dataset.entry)) }, true);
    });
    new ResizeObserver(() => { measure(); later(); }).observe(box);
    measure();
  }

  function heads() {
    if (index.runs.length > SINGLE) return make("span", { class: "range" }, "Scores");
    if (index.runs.length === 1) return make("span", null, "Score");
    return index.runs.map((run, place) => make("span", { title: run.name }, Figures.letter(place)));
  }

  function measure() {
    height = parseFloat(getComputedStyle(rows).getPropertyValue("--row")) * parseFloat(getComputedStyle(document.documentElement).fontSize);
    drawn = "";
  }

  function later() {
    if (asked) return;
    asked = requestAnimationFrame(() => { asked = 0; draw(); });
  }

  // Show these entries; what is chosen comes into sight.
  function show(entries, first) {
    found = entries;
    rows.style.height = `${found.length * height}px`;
    box.hidden = found.length === 0;
    const none = document.getElementById("none");
    none.hidden = found.length > 0;
    none.textContent = found.length ? "" : "No sample passes these filters.";
    drawn = "";
    if (first) box.scrollTop = 0;
    reveal();
    draw();
  }

  const chosen = () => (State.now.at ? Entries.find(State.now.at) : null);

  function reveal() {
    const place = found.indexOf(chosen());
    if (place < 0) return;
    const above = place * height - box.scrollTop;
    const below = above + height - box.clientHeight;
    if (above < -height || below > height) box.scrollTop += (above + below) / 2; // from afar: into the middle
    else if (above < 0) box.scrollTop += above;
    else if (below > 0) box.scrollTop += below;
  }

  function draw() {
    const entry = chosen();
    const from = Math.max(0, Math.floor(box.scrollTop / height) - AROUND);
    const to = Math.min(found.length, Math.ceil((box.scrollTop + box.clientHeight) / height) + AROUND);
    const now = `${from} ${to} ${entry}`;
    if (now === drawn) return;
    drawn = now;
    rows.replaceChildren(...found.slice(from, to).map((each, offset) => row(each, from + offset, each === entry)));
    const active = document.getElementById(`row-${entry}`);
    if (active) box.setAttribute("aria-activedescendant", active.id);
    else box.removeAttribute("aria-activedescendant");
  }

  function row(entry, place, isChosen) {
    const made = make("div", {
      class: "row", role: "option", id: `row-${entry}`, "data-entry": entry, "aria-selected": isChosen,
      "aria-posinset": place + 1, "aria-setsize": found.length,
    },
    make("span", { class: "what" },
      make("b", null, Entries.task(entry).label), make("span", { class: "id" }, Entries.sample(entry))),
    make("span", { class: "scores" }, scores(entry)),
    make("span", { class: "excerpt" }, Entries.excerpt(entry, State.now)));
    made.style.top = `${place * height}px`;
    return made;
  }

  function scores(entry) {
    const { runs } = index.entries;
    if (runs.length <= SINGLE) return runs.map((run) => figure(run, entry));
    const values = runs.map((run) => run.value[entry]).filter((value) => value !== null);
    if (!values.length) return make("span", { class: "range quiet" }, "none");
    const [low, high] = [Math.min(...values), Math.max(...values)].map(Figures.score);
    return make("span", { class: "range" }, low === high ? low : `${low} to ${high}`);
  }

  function figure(run, entry) {
    const outcome = run.outcome[entry];
    if (outcome < 0) return make("span", { class: "figure quiet", title: "not in this run" }, "–");
    const value = run.value[entry];
    if (value === null) {
      const said = Filters.name(index.outcomes[outcome]);
      return make("span", { class: "figure failed", title: said, "aria-label": said }, "✕");
    }
    const bar = make("i", null);
    bar.style.width = `${Math.min(1, value) * 100}%`;
    return make("span", { class: "figure" }, Figures.score(value), make("span", { class: "bar" }, bar));
  }

  // The entry that lies `step` rows from the chosen one, null beyond the ends.
  function neighbour(step) {
    const place = found.indexOf(chosen());
    if (place < 0) return found[0] ?? null;
    return found[place + step] ?? null;
  }

  function go(step) {
    const entry = neighbour(step);
    if (entry !== null) State.set({ at: Entries.key(entry) });
  }

  return {
    start, show, go, neighbour,
    follow() { reveal(); draw(); },
    page: () => Math.max(1, Math.floor(box.clientHeight / height) - 1),
    end(last) { if (found.length) State.set({ at: Entries.key(found[last ? found.length - 1 : 0]) }); },
    place: () => found.indexOf(chosen()),
    get size() { return found.length; },
  };
})();
