// One sample: the clip, what was asked, the reference, and each run's card.
"use strict";

const Sample = (() => {
  const { make, fold, facts } = Elements;
  const pane = document.getElementById("sample");
  let index = null;
  let turn = 0;
  let marks = true;
  let shown = null; // what is in the pane: the entry, its detail and the parts that change
  const clip = make("div", { class: "clip" });
  const matter = make("div", { class: "matter" });
  const desk = make("div", { class: "desk" }, clip, matter);

  function start(known) {
    index = known;
  }

  function empty(...told) {
    Player.leave();
    clip.replaceChildren();
    shown = null;
    pane.replaceChildren(make("div", { class: "empty" }, told));
  }

  function head(entry) {
    const button = (label, key, step) => make("button", {
      type: "button", disabled: List.neighbour(step) === null, "aria-label": label, title: label, onclick: () => List.go(step),
    }, make("span", { "aria-hidden": "true" }, step < 0 ? "←" : "→"), make("kbd", { "aria-hidden": "true" }, key));
    const place = List.place();
    return make("header", { class: "heading" },
      make("button", { type: "button", class: "back", onclick: () => State.set({ at: "" }, true) }, "← Samples"),
      make("div", { class: "name" }, make("h2", null, Entries.task(entry).label), make("code", null, Entries.sample(entry))),
      make("div", { class: "steps" },
        make("span", { class: "quiet" }, place < 0 ? "outside of the filters" : `${Figures.count(place + 1)} of ${Figures.count(List.size)}`),
        button("Previous sample", "K", -1), button("Next sample", "J", 1)));
  }

  // The gold, the dataset's own question unless the prompt says the same, and the choices.
  function gold(detail, known) {
    const { reference, choices } = detail;
    const asked = detail.runs.map((answer) => known[answer?.prompt]).filter(Boolean);
    const isAsked = asked.some(({ text }) => says(text, detail.question ?? ""));
    const question = detail.question && !isAsked ? detail.question : null;
    const body = [];
    if (reference === null) body.push(make("p", { class: "quiet" }, "The reference isn't known here."));
    else if (choices.length) body.push(make("ul", { class: "choices" }, choices.map((choice) => option(choice, reference.includes(choice)))));
    else if (reference.length === 0) body.push(make("p", { class: "quiet" }, "none: nothing should be named"));
    else if (reference.length === 1) body.push(make("p", { class: "text" }, reference[0]));
    else body.push(make("ul", { class: "lines" }, reference.map((line) => make("li", null, line))));
    const outside = choices.length && reference ? reference.filter((each) => !choices.includes(each)) : [];
    if (outside.length) body.push(make("p", { class: "text" }, outside.join("; ")));
    return make("section", { class: "gold" }, make("h3", null, "Reference"),
      question ? make("p", { class: "quiet" }, `The dataset asks: ${question}`) : null, body);
  }

  // Whether one text has the words of another, however they are set.
  function says(text, words) {
    const bare = (one) => one.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim();
    return bare(text).includes(bare(words));
  }

  function option(choice, right) {
    return make("li", { class: right ? "right" : null }, choice, right ? make("span", { class: "hidden" }, " (right)") : null);
  }

  // The prompts, each once, with the runs that were asked so.
  function prompts(detail, known) {
    const asked = new Map();
    detail.runs.forEach((answer, place) => {
      if (answer) asked.set(answer.prompt, [...(asked.get(answer.prompt) ?? []), index.runs[place]]);
    });
    return make("section", { class: "prompts" }, [...asked].map(([place, runs]) => prompt(known[place], runs, asked.size > 1)));
  }

  function prompt(asked, runs, several) {
    const who = several ? ` of ${runs.map((run) => run.name).join(", ")}` : "";
    if (!asked) return make("p", { class: "quiet" }, `The prompt${who} can't be rebuilt.`);
    const { sampling } = asked;
    return fold([make("b", null, `Prompt${who}`), make("span", { class: "opening" }, asked.text)], { class: "prompt" },
      asked.system ? [make("h4", null, "System"), make("pre", null, asked.system)] : null,
      make("pre", null, asked.text),
      asked.output_schema ? fold("The form asked for", null, make("pre", null, JSON.stringify(asked.output_schema, null, 1))) : null,
      facts([
        ["clip", asked.media ? `sent with it${asked.profile ? `, read by ${asked.profile}` : ""}` : "not sent"],
        ["temperature", sampling.temperature], ["top p", sampling.top_p],
        ["at most", Figures.many(sampling.max_tokens, "token")], ["seed", sampling.seed],
      ], "spent"));
  }

  function cards() {
    const { detail } = shown;
    shown.cards.replaceChildren(...index.runs.map((_, place) => Answers.build({ index, detail, place, marks })));
  }

  function bar() {
    const toggle = make("button", { type: "button", id: "marks", "aria-pressed": marks, onclick: flip }, "Mark differences ", make("kbd", null, "D"));
    return make("div", { class: "answers-head" }, make("h3", null, index.runs.length > 1 ? "Answers" : "Answer"), toggle);
  }

  function flip() {
    if (!shown) return;
    marks = !marks;
    document.getElementById("marks").setAttribute("aria-pressed", String(marks));
    cards();
  }

  async function show(entry, time) {
    if (shown?.entry === entry) {
      shown.heading.replaceWith(shown.heading = head(entry));
      Player.show(index, index.entries.clip[entry], clip, time);
      return;
    }
    turn += 1;
    const mine = turn;
    Player.show(index, index.entries.clip[entry], clip, time);
    try {
      const { detail, prompts: known } = await Data.detail(index, entry);
      if (mine !== turn) return;
      fill(entry, detail, known);
    } catch (error) {
      if (mine === turn) empty(make("p", null, `The sample can't be shown: ${error.message}.`));
    }
  }

  // The clip stays where it is, so that going on to the next question of a clip doesn't stop it.
  function fill(entry, detail, known) {
    shown = { entry, detail, heading: head(entry), cards: make("div", { class: index.runs.length % 3 === 1 ? "cards pairs" : "cards" }) };
    matter.replaceChildren(gold(detail, known), prompts(detail, known));
    if (desk.parentNode !== pane) pane.replaceChildren(desk);
    while (pane.lastChild !== desk) pane.lastChild.remove();
    while (pane.firstChild !== desk) pane.firstChild.remove();
    desk.before(shown.heading);
    desk.after(bar(), shown.cards);
    cards();
  }

  return {
    start, show, flip,
    leave() { turn += 1; empty(make("p", null, "Choose a sample, or press "), make("kbd", null, "J"), make("p", null, " for the first one.")); },
    lost(wanted) { turn += 1; empty(make("p", null, `The link names “${wanted}”, and these runs have no such sample.`)); },
  };
})();
