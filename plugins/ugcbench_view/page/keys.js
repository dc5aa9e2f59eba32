// What is done by keyboard.
"use strict";

const Keys = (() => {
  const { make } = Elements;
  const dialog = document.getElementById("keys");
  const single = document.getElementById("single");
  const search = document.getElementById("q");

  const KEYS = [
    [["j", "ArrowDown"], "J ↓", "next sample", () => List.go(1)],
    [["k", "ArrowUp"], "K ↑", "previous sample", () => List.go(-1)],
    [["PageDown"], "Page ↓", "a page on in the list", () => step(1), true],
    [["PageUp"], "Page ↑", "a page back", () => step(-1), true],
    [["Home"], "Home", "first sample", () => List.end(false), true],
    [["End"], "End", "last sample", () => List.end(true), true],
    [["/"], "/", "search; Esc leaves it", () => { show(); search.focus(); search.select(); }],
    [[" "], "Space", "play, pause", () => Player.toggle()],
    [["ArrowRight"], "→", "two seconds on", () => Player.skip(2)],
    [["ArrowLeft"], "←", "two seconds back", () => Player.skip(-2)],
    [["r"], "R", "from the start", () => Player.replay()],
    [["m"], "M", "sound off, on", () => Player.mute()],
    [["d"], "D", "mark differences", () => Sample.flip()],
    [["o"], "O", "the runs", () => Overview.flip()],
    [["c"], "C", "copy a link to this view", () => Start.copy()],
    [["?"], "?", "these keys", () => dialog.showModal()],
  ];

  // On a narrow page the search is beside the list, not beside the sample.
  function show() {
    if (document.body.dataset.showing === "sample" && matchMedia("(max-width: 60rem)").matches) State.set({ at: "" });
  }

  function step(direction) {
    for (let left = List.page(); left > 0; left -= 1) {
      if (List.neighbour(direction * left) !== null) {
        List.go(direction * left);
        return;
      }
    }
  }

  // Keys that a control has a use for itself.
  function isTaken(target, key) {
    if (target.matches("input:not([type=checkbox]), textarea, select")) return true;
    if (target.matches("video")) return [" ", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "m"].includes(key);
    if (target.matches("[role=listbox]")) return false;
    if (target.matches(".scroll, .strip, [role=slider]") && /^Arrow(Left|Right)$/.test(key)) return true;
    return target.matches("button, a, summary, input") && key === " ";
  }

  function press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    if (event.key === "Escape" && event.target === search) {
      search.blur(); // the list is hidden while nothing is found
      document.getElementById("list").focus();
      return;
    }
    if (event.key === "Enter" && event.target === search) {
      event.preventDefault();
      List.end(false);
      document.getElementById("list").focus();
      return;
    }
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const found = KEYS.find(([keys]) => keys.includes(key));
    if (!found || isTaken(event.target, key)) return;
    const [, , , act, inList] = found;
    const isList = event.target.matches("[role=listbox]");
    if (inList && !isList) return;
    if (!isList && key.length === 1 && !single.checked) return;
    if (event.repeat && !/^(j|k|Arrow)/.test(key) && !inList) return;
    event.preventDefault();
    act();
  }

  // A page opened from a disk may have no storage.
  function remember(value) {
    try {
      if (value === undefined) return localStorage.getItem("ugcbench-view-keys");
      localStorage.setItem("ugcbench-view-keys", value);
    } catch { /* then it isn't remembered */ }
    return null;
  }

  function start() {
    dialog.querySelector("dl").append(...KEYS.map(([, shown, meaning]) =>
      make("div", null, make("dt", null, shown.split(/ (?=[^ ]+$)/).length > 1 && !shown.startsWith("Page")
        ? shown.split(" ").map((each) => make("kbd", null, each)) : make("kbd", null, shown)), make("dd", null, meaning))));
    single.checked = remember() !== "off";
    single.addEventListener("change", () => remember(single.checked ? "on" : "off"));
    document.getElementById("help").addEventListener("click", () => dialog.showModal());
    document.addEventListener("keydown", press);
  }

  return { start };
})();
