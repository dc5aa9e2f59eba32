// The frames that a model saw, with their times.
"use strict";

const Frames = (() => {
  const { make } = Elements;

  // One frame of a sheet, as a background: no picture is cut out or copied.
  function cut(set, place) {
    const rows = Math.ceil(set.times.length / set.columns);
    const across = set.columns > 1 ? (100 * (place % set.columns)) / (set.columns - 1) : 0;
    const down = rows > 1 ? (100 * Math.floor(place / set.columns)) / (rows - 1) : 0;
    const image = make("span", { class: "image" });
    image.style.aspectRatio = `${set.width} / ${set.height}`;
    image.style.backgroundImage = `url("${set.sheet}")`;
    image.style.backgroundSize = `${100 * set.columns}% ${100 * rows}%`;
    image.style.backgroundPosition = `${across}% ${down}%`;
    return image;
  }

  // Sets with the same pictures are shown once, with what is said of each run.
  function group(sets) {
    const found = new Map();
    for (const set of sets) {
      const same = `${set.sheet} ${set.profile} ${set.times.join()}`;
      found.set(same, [...(found.get(same) ?? []), set]);
    }
    return [...found.values()];
  }

  // One line per way in which runs relate to the frames: who saw them, and who didn't and why.
  function story(sets, runs) {
    const named = (set) => set.runs.map((run) => runs[run].name).join(", ");
    const seen = sets.filter((set) => set.seen);
    const told = sets.filter((set) => !set.seen);
    return [
      make("b", null, `${Figures.many(sets[0].times.length, "frame")}`),
      make("span", null, ` read by ${sets[0].profile}`),
      seen.length ? make("span", { class: "seen" }, `seen by ${seen.map(named).join(", ")}`) : null,
      told.map((set) => make("span", { class: "unseen" },
        `not seen by ${named(set)}${set.told ? `: ${set.told}` : ""}`)),
    ];
  }

  // Bring a frame into sight within its strip, and move nothing else.
  function reveal(strip, button) {
    const { left, right } = button.getBoundingClientRect();
    const around = strip.getBoundingClientRect();
    if (left < around.left) strip.scrollLeft += left - around.left;
    else if (right > around.right) strip.scrollLeft += right - around.right;
  }

  // The strips; each frame, when clicked, tells `seek(seconds, image)`.
  function build(media, runs, seek) {
    const current = [];
    const strips = group(media.frames).map((sets) => {
      const [set] = sets;
      const buttons = set.times.map((time, place) => make("button", {
        type: "button", class: "frame", "aria-label": `Frame ${place + 1} of ${set.times.length}, at ${Figures.moment(time)}`,
        onclick: () => seek(time, cut(set, place)),
      }, cut(set, place), make("span", { class: "time" }, Figures.moment(time))));
      const strip = make("div", { class: "strip", role: "group", "aria-label": `Frames read by ${set.profile}` }, buttons);
      if (set.width > set.height) strip.classList.add("wide");
      current.push({ times: set.times, buttons, strip, at: -1 });
      return make("div", { class: "frames" }, make("p", { class: "story" }, story(sets, runs)), strip);
    });

    // Mark the frame that was the last one up to now.
    function show(seconds) {
      for (const known of current) {
        const at = known.times.findLastIndex((time) => time <= seconds + 0.02);
        if (at === known.at) continue;
        known.buttons[known.at]?.removeAttribute("aria-current");
        known.buttons[at]?.setAttribute("aria-current", "true");
        known.at = at;
        if (at >= 0) reveal(known.strip, known.buttons[at]);
      }
    }
    show(0);
    return { elements: strips, show };
  }

  return { build, cut };
})();
