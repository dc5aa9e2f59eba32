// Puts the page together, and keeps it in step with what is chosen.
"use strict";

const Start = (() => {
  const { make, say } = Elements;
  const LISTED = ["task", "status", "run", "min", "max", "q", "differ", "judges", "sort", "down"];
  const narrow = matchMedia("(max-width: 60rem)");
  let index = null;

  function title() {
    const at = State.now.at && Entries.find(State.now.at) !== null ? `${State.now.at} - ` : "";
    document.title = `${at}${index.title} - ugcbench`;
  }

  // On a narrow page either the list or the sample is shown, and the keyboard goes along.
  function arrange() {
    const { at, runs } = State.now;
    const { dataset } = document.body;
    Overview.arrange(State.now, narrow.matches);
    const showing = at || runs === "1" ? "sample" : "list";
    if (narrow.matches && dataset.showing !== showing) {
      dataset.showing = showing;
      document.getElementById(showing === "list" ? "list" : "view").focus();
    }
    dataset.showing = showing;
  }

  function select(first) {
    const found = Entries.select(State.now);
    Filters.show(State.now, found.length, index.entries.task.length);
    List.show(found, first);
  }

  function showSample() {
    const { at, time } = State.now;
    const entry = at ? Entries.find(at) : null;
    if (!at) Sample.leave();
    else if (entry === null) Sample.lost(at);
    else Sample.show(entry, time);
  }

  function follow(state, changed) {
    if (LISTED.some((name) => changed.has(name))) select(true);
    else if (changed.has("at")) List.follow();
    if (changed.has("at")) document.getElementById("view").scrollTop = 0;
    arrange();
    showSample();
    title();
  }

  async function copy() {
    const link = State.link(Player.time === null ? "" : Player.time.toFixed(1));
    const copied = await write(link);
    say(copied ? "The link is copied." : "The link could not be copied; take it from the address.");
    const button = document.getElementById("copy");
    button.firstChild.textContent = copied ? "Copied " : "Not copied ";
    setTimeout(() => { button.firstChild.textContent = "Copy link "; }, 1600);
  }

  async function write(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return writeByHand(text);
    }
  }

  // For browsers that give a page no clipboard: what is marked in a field gets copied.
  function writeByHand(text) {
    const focused = document.activeElement;
    const field = make("textarea", { class: "hidden", "aria-hidden": "true" });
    field.value = text;
    document.body.append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    focused?.focus();
    return copied;
  }

  async function begin() {
    try {
      index = await Data.index();
    } catch (error) {
      document.getElementById("sample").append(make("p", { class: "notice bad" }, `There is nothing to show: ${error.message}.`));
      document.body.dataset.showing = "sample";
      return;
    }
    document.getElementById("title").textContent = index.title;
    State.start();
    Entries.start(index);
    Filters.start(index);
    List.start(index);
    Overview.start(index);
    Sample.start(index);
    Keys.start();
    document.getElementById("copy").addEventListener("click", copy);
    document.getElementById("skip").addEventListener("click", (event) => {
      event.preventDefault(); // what stands after # is the view
      document.getElementById("view").focus();
    });
    narrow.addEventListener("change", arrange);
    State.listen(follow);
    select(false);
    arrange();
    showSample();
    title();
  }

  begin();

  return { copy };
})();
