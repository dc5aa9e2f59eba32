// The sound's outline as a slider of the clip's time.
"use strict";

const Wave = (() => {
  const { make, draw } = Elements;
  const HALF = 50; // the drawing is twice as high

  // Bars around the middle, one for each peak.
  function outline(peaks) {
    const path = peaks.map((peak, place) => {
      const reach = Math.max(0.8, (peak / 100) * (HALF - 2));
      return `M${place + 0.5} ${(HALF - reach).toFixed(1)}V${(HALF + reach).toFixed(1)}`;
    }).join("");
    return draw("path", { d: path });
  }

  function picture(waveform, duration) {
    const span = waveform.peaks.length * (duration / waveform.seconds);
    const loudest = Math.max(...waveform.peaks, 1);
    const peaks = waveform.peaks.map((peak) => (100 * peak) / Math.max(loudest, 20));
    return draw("svg", { viewBox: `0 0 ${span} ${2 * HALF}`, preserveAspectRatio: "none", "aria-hidden": "true" }, outline(peaks));
  }

  // The slider; `times` are those of the frames. Tells `seek(seconds)` where it is put.
  function build(media, times, seek) {
    const duration = media.duration ?? media.waveform?.seconds ?? 0;
    const head = make("span", { class: "head" });
    const marks = times.map((time) => {
      const mark = make("span", { class: "mark" });
      mark.style.left = `${(100 * time) / duration}%`;
      return mark;
    });
    const slider = make("div", {
      class: "wave", role: "slider", tabindex: 0, "aria-label": media.waveform ? "Time, over the sound's outline" : "Time",
      "aria-valuemin": 0, "aria-valuemax": duration.toFixed(2),
    },
    media.waveform ? picture(media.waveform, duration) : make("span", { class: "silent" }, "no sound"),
    marks, head);

    let now = 0;
    function show(seconds) {
      now = Math.min(seconds, duration);
      head.style.left = `${(100 * now) / duration}%`;
      slider.setAttribute("aria-valuenow", now.toFixed(2));
      slider.setAttribute("aria-valuetext", `${Figures.moment(now)} of ${Figures.moment(duration)}`);
    }

    const at = (event) => {
      const { left, width } = slider.getBoundingClientRect();
      return duration * Math.min(1, Math.max(0, (event.clientX - left) / width));
    };
    slider.addEventListener("pointerdown", (event) => {
      slider.setPointerCapture(event.pointerId);
      seek(at(event));
    });
    slider.addEventListener("pointermove", (event) => {
      if (slider.hasPointerCapture(event.pointerId)) seek(at(event));
    });
    const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: 5, PageDown: -5, Home: -Infinity, End: Infinity };
    slider.addEventListener("keydown", (event) => {
      if (!(event.key in STEPS) || event.ctrlKey || event.metaKey || event.altKey) return;
      seek(Math.min(duration, Math.max(0, now + STEPS[event.key])));
      event.preventDefault();
      event.stopPropagation();
    });
    show(0);
    return { element: slider, show };
  }

  return { build };
})();
