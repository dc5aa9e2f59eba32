// What is chosen: kept in the address after #, so that a link opens the same.
"use strict";

const State = (() => {
  const PLAIN = { task: "", status: "", run: "", min: "", max: "", q: "", differ: "", judges: "", sort: "order", down: "" };
  const FILTERS = Object.keys(PLAIN).filter((name) => name !== "sort" && name !== "down");
  const listeners = [];
  // `at` is "task:sample" or empty; `time` a moment of the clip that a link asked for; `runs` is "1"
  // when the runs were asked for, "0" when they were put away.
  const ALL = { ...PLAIN, at: "", time: "", runs: "" };
  let now = ALL;

  function read() {
    const told = new URLSearchParams(location.hash.slice(1));
    return Object.fromEntries(Object.entries(ALL).map(([name, plain]) => [name, told.get(name) ?? plain]));
  }

  function write(state) {
    const told = new URLSearchParams();
    for (const [name, value] of Object.entries(state)) {
      if (value !== ALL[name]) told.set(name, value);
    }
    return `#${told.toString().replaceAll("%2F", "/").replaceAll("%3A", ":")}`;
  }

  function tell(before) {
    const changed = new Set(Object.keys(now).filter((name) => now[name] !== before[name]));
    if (changed.size) listeners.forEach((listen) => listen(now, changed));
  }

  // Change some of the state; `push` makes a step for the browser's way back. Another sample puts
  // the runs away.
  function set(changes, push = false) {
    const before = now;
    now = { ...now, time: "", ...("at" in changes ? { runs: "" } : {}), ...changes };
    history[push ? "pushState" : "replaceState"](null, "", write(now));
    tell(before);
  }

  window.addEventListener("popstate", () => {
    const before = now;
    now = read();
    tell(before);
  });

  return {
    get now() { return now; },
    start() { now = read(); },
    set,
    listen(listener) { listeners.push(listener); },
    clear() { set(Object.fromEntries(FILTERS.map((name) => [name, ""]))); },
    active: () => FILTERS.filter((name) => name !== "q" && now[name] !== "").length,
    isFiltered: () => FILTERS.some((name) => now[name] !== ""),
    link: (time) => location.href.split("#")[0] + write({ ...now, time }),
  };
})();
