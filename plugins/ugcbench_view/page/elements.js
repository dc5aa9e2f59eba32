// Elements and figures. Text goes into the page as text nodes only, never as markup.
"use strict";

const Elements = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  // Control characters, turns of the writing direction and tag characters: a reader doesn't see them.
  const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e007f}]/gu;

  // A text with what can't be seen written out.
  function visible(text) {
    return String(text).replace(UNSEEN, (found) => `\\u${found.codePointAt(0).toString(16).padStart(4, "0")}`);
  }

  function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || (value === false && !name.startsWith("aria-"))) continue;
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value === true && !name.startsWith("aria-") ? "" : visible(value));
    }
    const given = children.flat(Infinity).filter((child) => child !== null && child !== undefined);
    element.append(...given.map((child) => (child instanceof Node ? child : visible(child))));
    return element;
  }

  // make("p", { class: "quiet" }, "text", another) - attributes may be null.
  function make(tag, attributes, ...children) {
    return fill(document.createElement(tag), attributes, children);
  }

  function draw(tag, attributes, ...children) {
    return fill(document.createElementNS(SVG, tag), attributes, children);
  }

  // A folded part of the page; its summary is plain text or elements.
  function fold(summary, attributes, ...children) {
    return make("details", attributes, make("summary", null, summary), ...children);
  }

  // Facts as a description list; those without a value are left out.
  function facts(pairs, name = "facts") {
    const told = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
    return make("dl", { class: name }, told.map(([term, value]) =>
      make("div", null, make("dt", null, term), make("dd", null, value))));
  }

  // One announcement after another, the same one too.
  function say(text) {
    const said = document.getElementById("said");
    said.textContent = "";
    requestAnimationFrame(() => { said.textContent = text; });
  }

  return { make, draw, fold, facts, say };
})();

const Figures = (() => {
  const grouped = new Intl.NumberFormat("en");

  // Scores are shown in points of 100, as in all tables. A rate of error can lie above 100, so none
  // of these assumes that it doesn't.
  const score = (value) => (value === null ? "–" : `${Math.round(100 * value)}`);
  const exact = (value) => (value === null ? "–" : (100 * value).toFixed(1));
  const signed = (value) => (value === 0 ? "±0" : `${value < 0 ? "−" : "+"}${Math.abs(100 * value).toFixed(1)}`);
  const count = (value) => grouped.format(value);
  const percent = (share) => `${share < 1 && share > 0.995 ? "99.5+" : Math.round(100 * share)} %`;
  const many = (number, one, several = `${one}s`) => `${count(number)} ${number === 1 ? one : several}`;

  function seconds(value) {
    if (value < 0.01) return value > 0 ? "under 0.01 s" : "0 s";
    return `${value.toFixed(value < 10 ? 2 : 1)} s`;
  }

  // A moment of a clip: 0:03.5
  function moment(value) {
    const tenths = Math.round(value * 10);
    const rest = tenths % 600;
    return `${Math.floor(tenths / 600)}:${String(Math.floor(rest / 10)).padStart(2, "0")}.${rest % 10}`;
  }

  function bytes(size) {
    if (size < 1e6) return `${(size / 1e3).toFixed(1)} kB`;
    return `${(size / 1e6).toFixed(1)} MB`;
  }

  // The letters by which runs are told apart: A, B, ... Z, AA, AB.
  function letter(place) {
    const last = String.fromCharCode(65 + (place % 26));
    return place < 26 ? last : letter(Math.floor(place / 26) - 1) + last;
  }

  return { score, exact, signed, count, percent, many, seconds, moment, bytes, letter };
})();
