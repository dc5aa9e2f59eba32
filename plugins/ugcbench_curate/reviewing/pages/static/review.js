// Marks by keyboard. Without this file the same marks are made by the form's own controls.
"use strict";

const video = document.querySelector("video");
const cards = [...document.querySelectorAll(".card[data-component]")];
const switchOff = document.getElementById("shortcuts");
const KINDS = { f: "factual_inaccuracy", i: "inconsistent_with_video", o: "omission" };
const CRITERIA = { a: "accurate", c: "complete", l: "clear" };
let current = 0;

function go(to) {
  current = Math.max(0, Math.min(cards.length - 1, to));
  cards.forEach((card, at) => card.classList.toggle("current", at === current));
  cards[current].focus({ preventScroll: true });
  cards[current].scrollIntoView({ block: "nearest" });
}

function radio(card, criterion, value) {
  return card.querySelector(`[name$=".${criterion}"][value="${value}"]`);
}

function kinds(card, criterion) {
  return [...card.querySelectorAll(`[data-of="${criterion}"]`)];
}

// A criterion and the errors that explain it never contradict each other.
function set(card, criterion, holds) {
  radio(card, criterion, holds ? "yes" : "no").checked = true;
  const errors = kinds(card, criterion);
  if (holds) errors.forEach((error) => { error.checked = false; });
  else if (errors.length && !errors.some((error) => error.checked)) errors[0].checked = true;
}

function setFine(card) {
  Object.values(CRITERIA).forEach((criterion) => set(card, criterion, true));
}

function follow(event) {
  const card = event.target.closest(".card");
  if (event.target.type === "radio") {
    set(card, event.target.name.split(".")[1], event.target.value === "yes");
  } else if (event.target.type === "checkbox") {
    const criterion = event.target.dataset.of;
    set(card, criterion, !kinds(card, criterion).some((error) => error.checked));
  }
}

const PLAYER = {
  " ": () => (video.paused ? video.play() : video.pause()),
  ArrowLeft: () => { video.currentTime = Math.max(0, video.currentTime - 2); },
  ArrowRight: () => { video.currentTime = Math.min(video.duration || 0, video.currentTime + 2); },
  r: () => { video.currentTime = 0; video.play(); },
  m: () => { video.muted = !video.muted; },
};

function markBy(key) {
  const card = cards[current];
  if (!card) return false;
  if (key in CRITERIA) {
    set(card, CRITERIA[key], !radio(card, CRITERIA[key], "yes").checked);
  } else if (key in KINDS) {
    card.querySelector(`[value="${KINDS[key]}"]`).click();
  } else if (key === "y") {
    setFine(card);
    go(current + 1);
  } else if (key === "n") {
    card.querySelector("textarea").focus();
  } else {
    const named = cards.findIndex((each) => each.querySelector("h2 kbd").textContent === key);
    if (named < 0) return false;
    go(named);
  }
  return true;
}

// Keys that a control has a use for itself.
function isTaken(target, key) {
  if (target.matches("textarea")) return true;
  if (target.matches("video")) return [" ", "ArrowLeft", "ArrowRight", "m"].includes(key);
  if (target.matches("[type=radio], [type=checkbox]")) return key === " " || key.startsWith("Arrow");
  return target.matches("button, a, summary") && key === " ";
}

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && event.target.matches("textarea")) go(current);
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (isTaken(event.target, key) || (switchOff && !switchOff.checked)) return;
  const button = document.querySelector(`button[data-key="${CSS.escape(key)}"]`);
  if (button) {
    if (!event.repeat) button.click();
  } else if (key === "?" && switchOff) {
    const help = document.querySelector(".keys");
    help.open = !help.open;
  } else if (video && key in PLAYER) {
    PLAYER[key]();
  } else if (!markBy(key)) {
    return;
  }
  event.preventDefault();
}

document.addEventListener("keydown", press);
if (cards.length) {
  document.getElementById("marks").addEventListener("change", follow);
  document.addEventListener("focusin", (event) => {
    const at = cards.indexOf(event.target.closest(".card"));
    if (at < 0 || at === current) return;
    current = at;
    cards.forEach((card, number) => card.classList.toggle("current", number === at));
  });
  const wrong = cards.findIndex((card) => card.querySelector(".notice.bad"));
  go(Math.max(0, wrong));
}
if (video) {
  const keys = document.querySelector(".keys");
  keys.hidden = false;
  keys.open = localStorage.getItem("keys") !== "closed";
  keys.addEventListener("toggle", () => localStorage.setItem("keys", keys.open ? "open" : "closed"));
  switchOff.checked = localStorage.getItem("shortcuts") !== "off";
  switchOff.addEventListener("change", () =>
    localStorage.setItem("shortcuts", switchOff.checked ? "on" : "off"));
  video.addEventListener("error", () => { document.querySelector(".trouble").hidden = false; });
  document.querySelectorAll("[data-seek]").forEach((button) =>
    button.addEventListener("click", () => {
      video.currentTime = Number(button.dataset.seek);
      video.play();
    }));
}
