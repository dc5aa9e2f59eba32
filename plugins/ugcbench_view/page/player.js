// The clip with its sound, its frames and its waveform, on one clock.
"use strict";

const Player = (() => {
  const { make } = Elements;
  let video = null;
  let shown = null; // { place, show }
  let turn = 0; // so that who was asked for earlier doesn't come in later

  function note(text, kind = "notice") {
    return make("p", { class: kind }, text);
  }

  // Play every picture of the playhead while the clip plays.
  function follow(show) {
    const element = video;
    const step = () => {
      if (element !== video) return;
      show(element.currentTime);
      if (!element.paused && !element.ended) requestAnimationFrame(step);
    };
    element.addEventListener("play", step);
    for (const event of ["timeupdate", "seeking", "seeked", "loadedmetadata"]) element.addEventListener(event, step);
  }

  function stage(media, trouble) {
    if (!media.source) return null;
    const element = make("video", { controls: true, preload: "metadata", playsinline: true, "aria-label": `Clip ${media.clip}` },
      make("source", { src: media.source, type: media.kind }));
    if (media.size) element.style.aspectRatio = `auto ${media.size[0]} / ${media.size[1]}`;
    element.querySelector("source").addEventListener("error", () => {
      trouble.append(note("This browser can't play the clip. Its frames and its sound's outline are shown all the same.", "notice bad"));
    });
    return element;
  }

  // Without a clip the frame that was chosen last stands in its place.
  function still(media) {
    const set = media.frames[0];
    return set ? make("div", { class: "still" }, Frames.cut(set, 0)) : null;
  }

  function build(media, index) {
    const trouble = make("div", { class: "trouble" }, media.told.map((text) => note(text)));
    video = stage(media, trouble);
    const standing = video ? null : still(media);
    const seek = (seconds, image) => {
      if (video) video.currentTime = seconds;
      else if (standing && image) standing.replaceChildren(image);
      show(seconds);
    };
    const frames = Frames.build(media, index.runs, seek);
    const times = [...new Set(media.frames.flatMap((set) => set.times))];
    const wave = media.duration || media.waveform ? Wave.build(media, times, seek) : null;
    const show = (seconds) => {
      frames.show(seconds);
      wave?.show(seconds);
    };
    if (video) follow(show);
    const oddities = media.oddities.length
      ? make("p", { class: "oddities" }, make("span", null, "Unusual: "), media.oddities.map((oddity) =>
        make("span", { class: "badge" }, oddity.replaceAll("_", " "))))
      : null;
    return {
      element: make("div", { class: "player" },
        video || standing ? make("div", { class: "stage" }, video ?? standing) : null,
        make("div", { class: "timeline" }, trouble, frames.elements, wave?.element, oddities)),
      seek,
    };
  }

  function startAt(time) {
    if (time !== "" && Number(time) >= 0) shown.seek(Number(time));
  }

  // Show the clip at a place of the index in `target`; one that is shown already stays as it is.
  async function show(index, place, target, time) {
    if (index.media === "none") {
      target.replaceChildren(note(index.media_told ?? "No clips are shown here.", "notice plain"));
      return;
    }
    if (shown?.place === place && target.firstChild) {
      startAt(time);
      return;
    }
    turn += 1;
    const mine = turn;
    leave();
    target.replaceChildren(note("Reading the clip …", "notice plain wait"));
    try {
      const media = await Data.clip(place);
      if (mine !== turn) return;
      const built = build(media, index);
      target.replaceChildren(built.element);
      shown = { place, seek: built.seek };
      startAt(time);
    } catch (error) {
      if (mine === turn) target.replaceChildren(note(`The clip can't be shown: ${error.message}.`, "notice bad"));
    }
  }

  function leave() {
    video?.pause();
    video = null;
    shown = null;
  }

  return {
    show,
    leave() { turn += 1; leave(); },
    get time() { return video && video.currentTime > 0 ? video.currentTime : null; },
    toggle() { if (video) (video.paused ? video.play().catch(() => {}) : video.pause()); },
    skip(seconds) { if (video) video.currentTime = Math.min(video.duration || 0, Math.max(0, video.currentTime + seconds)); },
    mute() { if (video) video.muted = !video.muted; },
    replay() { if (video) { video.currentTime = 0; video.play().catch(() => {}); } },
  };
})();
