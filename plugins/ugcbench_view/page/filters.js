// The form above the list.
"use strict";

const Filters = (() => {
  const { make, say } = Elements;
  const form = document.getElementById("filters");
  const fields = form.elements;
  const OUTCOMES = {
    ok: "scored", missing: "no answer", refused: "refused", malformed: "malformed", api_error: "API error",
    timeout: "timed out", judge_missing: "no verdict", judge_refused: "judge refused",
    judge_malformed: "verdict malformed", judge_api_error: "judge's API error", judge_timeout: "judge timed out",
  };
  const name = (outcome) => OUTCOMES[outcome] ?? outcome.replaceAll("_", " ");

  function offer(select, options) {
    select.replaceChildren(...options.map(([value, label]) => make("option", { value }, label)));
  }

  // The statuses that occur, and how often in all runs together.
  function statuses(index) {
    const counts = new Map();
    for (const run of index.entries.runs) {
      for (const outcome of run.outcome) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    }
    const failed = [...counts].reduce((sum, [outcome, count]) => sum + (outcome > 0 ? count : 0), 0);
    const found = [["", "any"]];
    if (failed) found.push(["failed", `not scored (${Figures.count(failed)})`]);
    index.outcomes.forEach((outcome, place) => {
      if (counts.has(place)) found.push([outcome, `${name(outcome)} (${Figures.count(counts.get(place))})`]);
    });
    if (counts.has(-1)) found.push(["absent", `not in the run (${Figures.count(counts.get(-1))})`]);
    return found;
  }

  function counted(index) {
    const counts = new Array(index.tasks.length).fill(0);
    for (const task of index.entries.task) counts[task] += 1;
    return index.tasks.map((task, place) => [task.name, `${task.label} (${Figures.count(counts[place])})`]);
  }

  function disable(field, why) {
    field.disabled = true;
    field.closest("label").title = why;
    field.closest("label").classList.add("off");
  }

  function start(index) {
    offer(fields.task, [["", "all"], ...counted(index)]);
    offer(fields.status, statuses(index));
    offer(fields.run, [["", "any"], ...index.runs.map((run, place) => [run.key, `${Figures.letter(place)}  ${run.name}`])]);
    offer(fields.sort, Object.entries(Entries.SORTS)
      .filter(([sort]) => !(sort in Entries.has) || Entries.has[sort]())
      .filter(([sort]) => sort !== "difference" || Entries.has.differ())
      .filter(([sort]) => sort !== "disagreement" || Entries.has.judges())
      .map(([sort, { label }]) => [sort, label]));
    document.getElementById("run-field").hidden = index.runs.length < 2;
    if (!Entries.has.differ()) disable(fields.differ, "This takes two runs that were scored on the same samples.");
    else fields.differ.closest("label").title = `Two scores lie ${100 * Entries.DIFFER} points or more apart.`;
    if (!Entries.has.judges()) disable(fields.judges, "There is one verdict to each answer: no votes, no panel.");
    if (matchMedia("(max-width: 60rem)").matches) document.getElementById("more").open = false;
    form.addEventListener("input", take);
    form.addEventListener("submit", (event) => event.preventDefault());
    document.getElementById("clear").addEventListener("click", () => {
      State.clear();
      fields.q.focus();
    });
    document.getElementById("direction").addEventListener("click", () => {
      State.set({ down: State.now.down ? "" : "1" });
      say(State.now.down ? "Largest first" : "Smallest first");
    });
  }

  function take(event) {
    const { name: changed, type, checked, value } = event.target;
    const changes = { [changed]: type === "checkbox" ? (checked ? "1" : "") : value };
    // Most want the worst first; but for those orders of which the largest is the interesting end.
    if (changed === "sort") changes.down = ["order", "score"].includes(value) ? "" : "1";
    State.set(changes);
  }

  function show(state, found, total) {
    for (const field of ["task", "status", "run", "min", "max", "q", "sort"]) {
      if (fields[field].value !== state[field]) fields[field].value = state[field];
    }
    for (const field of ["differ", "judges"]) fields[field].checked = state[field] !== "";
    const direction = document.getElementById("direction");
    direction.setAttribute("aria-pressed", String(state.down !== ""));
    direction.title = state.down ? "Largest first" : "Smallest first";
    document.getElementById("clear").hidden = !State.isFiltered();
    document.getElementById("active").textContent = State.active() ? `${State.active()} set` : "";
    document.getElementById("count").textContent = found === total
      ? Figures.many(total, "sample") : `${Figures.count(found)} of ${Figures.count(total)}`;
  }

  return { start, show, name };
})();
