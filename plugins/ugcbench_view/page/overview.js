// The runs: what was asked, under which rules, and what came out.
"use strict";

const Overview = (() => {
  const { make, fold, facts } = Elements;
  const pane = document.getElementById("overview");
  const button = document.getElementById("runs");

  // A value with its interval on a scale from 0 to `top`; a tick shows the constant answer.
  function scale(cell, top) {
    const at = (value) => `${(100 * Math.min(top, Math.max(0, value))) / top}%`;
    const put = (name, left, right) => {
      const mark = make("i", { class: name });
      mark.style.left = at(left);
      if (right !== undefined) mark.style.width = `calc(${at(right)} - ${at(left)})`;
      return mark;
    };
    return make("span", { class: "scale", "aria-hidden": "true" },
      cell.low === null || cell.high === null ? null : put("interval", cell.low, cell.high),
      cell.baseline === null ? null : put("constant", cell.baseline), put("dot", cell.value));
  }

  function doubts(cell) {
    const told = [];
    if (!cell.comparable) told.push(["offline", "an offline judge's number: not comparable to others"]);
    if (cell.bridged) told.push(["bridged", "carried over from another judge"]);
    return told.map(([text, title]) => make("span", { class: "badge", title }, text));
  }

  // How many samples count, and of how many if not of all.
  function counted(cell) {
    if (cell.n === cell.asked) return make("span", null, `n ${Figures.count(cell.n)}`);
    return make("span", { class: "part", title: "samples that count" }, `n ${Figures.count(cell.n)} of ${Figures.count(cell.asked)}`);
  }

  function figure(cell, top) {
    if (!cell) return make("td", { class: "none" }, "–");
    if (cell.value === null) {
      return make("td", { class: "none" }, make("div", { class: "value" }, "none scored", doubts(cell)),
        make("div", { class: "range" }, counted(cell)));
    }
    const range = cell.low === null ? null : `${Figures.exact(cell.low)} to ${Figures.exact(cell.high)}`;
    return make("td", null,
      make("div", { class: "value" }, make("b", null, Figures.exact(cell.value)), doubts(cell)), scale(cell, top),
      make("div", { class: "range" }, make("span", null, range), counted(cell)));
  }

  // The cells of all runs in the order in which they first come, with the run's own beside each other.
  function rows(runs) {
    const found = new Map();
    for (const run of runs) {
      for (const cell of run.cells) found.set(cell.name, found.get(cell.name) ?? cell);
    }
    return [...found.values()];
  }

  function row(first, runs) {
    const cells = runs.map((run) => run.cells.find((cell) => cell.name === first.name));
    const top = Math.max(1, ...cells.flatMap((cell) => [cell?.value ?? 0, cell?.high ?? 0]));
    const task = first.name.split(":")[0];
    const judges = [...new Set(cells.map((cell) => (cell?.n ? cell.judge : null)).filter(Boolean))];
    return make("tr", null,
      make("th", { scope: "row" },
        make("button", { type: "button", class: "plain", title: "Show these samples", onclick: () => State.set({ task, at: "" }) }, first.label),
        make("span", { class: "under" }, [
          first.lower_is_better ? "lower is better" : null, first.table ? null : "beside the table",
          judges.length ? `judged by ${judges.join(", ")}` : null, top > 1 ? `scale to ${Math.round(100 * top)}` : null,
        ].filter(Boolean).join(", "))),
      cells.map((cell) => figure(cell, top)));
  }

  function table(runs) {
    const several = runs.length > 1;
    const heads = runs.map((run, place) => make("th", { scope: "col" },
      several ? make("span", { class: "letter" }, Figures.letter(place)) : null, make("b", null, run.name),
      make("span", { class: "under" }, run.model === run.name ? "" : run.model)));
    const average = runs.some((run) => run.average !== null) ? make("tr", { class: "average" }, make("th", { scope: "row" }, "Average"),
      runs.map((run) => (run.average === null ? make("td", { class: "none" }, "–") : make("td", null, make("b", null, Figures.exact(run.average)),
        make("div", { class: "range" }, make("span", null, `of ${Figures.many(run.cells.filter((cell) => cell.table).length, "column")}`)))))) : null;
    return make("div", { class: "scroll", role: "region", tabindex: 0, "aria-label": "Scores" }, make("table", null,
      make("caption", { class: "hidden" }, "The value of each cell with its 95 % interval, by run"),
      make("thead", null, make("tr", null, make("th", { scope: "col" }, make("span", { class: "hidden" }, "Cell")), heads)),
      make("tbody", null, rows(runs).map((cell) => row(cell, runs)), average)));
  }

  function usage(used) {
    if (used.input_tokens === null && used.output_tokens === null) return null;
    return `${Figures.count(used.input_tokens ?? 0)} in, ${Figures.count(used.output_tokens ?? 0)} out`;
  }

  function about(run, place, several) {
    const missing = Object.entries(run.missing).map(([status, value]) => `${Filters.name(status)} counts ${Figures.score(value)}`).join(", ");
    const answered = (names, asked) => (names.length && names.join() !== asked ? ` (answered: ${names.join(", ")})` : "");
    const notices = run.notices.length ? ` ${Figures.many(run.notices.length, "notice")}` : "";
    return fold([several ? make("span", { class: "letter" }, Figures.letter(place)) : null, make("b", null, run.name),
      make("span", { class: "quiet" }, notices)], { class: "about", open: !several && notices !== "" },
    run.notices.map((text) => make("p", { class: "notice" }, text)),
    facts([
      ["model", run.model + answered(run.model_answered, run.model)], ["answers", run.recorded ? "imported" : null],
      ["dataset", run.dataset], ["protocol", run.protocol],
      ["judge", run.judge ? run.judge + answered(run.judge_answered, run.judge) : "none"],
      ["comparable", run.comparable ? null : "no: its judge works offline"], ["failures", missing],
      ["requests", Figures.count(run.requests)], ["tokens", usage(run.usage)], ["judge's tokens", usage(run.judge_usage)],
      ["cost", run.usage.cost_usd === null ? null : `$${run.usage.cost_usd.toFixed(2)}`],
      ...Object.entries(run.provenance),
    ]));
  }

  // What plugins drew of the runs, by day and by night.
  function pictures(drawn) {
    if (!drawn.length) return null;
    return make("div", { class: "pictures" }, drawn.map(({ name, title }) => make("picture", null,
      make("source", { media: "(prefers-color-scheme: dark)", srcset: `pictures/${name}-dark.svg` }),
      make("img", { src: `pictures/${name}-light.svg`, alt: title, loading: "lazy" }))));
  }

  function start(index) {
    const { runs, shared } = index;
    const several = runs.length > 1;
    const told = [...shared.told, ...runs.flatMap((run) => run.notices.map((text) => (several ? `${run.name}: ${text}` : text)))];
    if (index.media !== "clips" && index.media_told) told.push(index.media_told);
    pane.append(...[
      make("div", { class: "overview-head" }, make("h2", null, several ? "The runs" : "The run"),
        make("p", { class: "quiet" }, several
          ? `${Figures.count(shared.in_all)} of ${Figures.many(shared.entries, "sample")} are in every run`
          : Figures.many(shared.entries, "sample"))),
      table(runs),
      make("p", { class: "key" }, make("span", { class: "sign dot" }), "value", make("span", { class: "sign interval" }), "95 % interval",
        make("span", { class: "sign constant" }), "constant answer"),
      pictures(index.pictures),
      told.length ? make("div", { class: "told" }, make("h3", null, "To know"), make("ul", null, told.map((text) => make("li", null, text)))) : null,
      make("div", { class: "abouts" }, runs.map((run, place) => about(run, place, several))),
    ].filter(Boolean));
    button.addEventListener("click", flip);
  }

  // Beside the list the runs are shown until a sample is chosen; elsewhere when asked for.
  function arrange(state, isNarrow) {
    const open = state.runs === "1" || (state.runs !== "0" && !state.at && !isNarrow);
    const opened = open && pane.hidden;
    pane.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (opened) pane.parentElement.scrollTop = 0;
  }

  function flip() {
    State.set({ runs: pane.hidden ? "1" : "0" });
  }

  return { start, arrange, flip };
})();
