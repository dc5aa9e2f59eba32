// Which entries are asked for, and in which order?
"use strict";

const Entries = (() => {
  const DIFFER = 0.25; // scores this far apart count as a disagreement between models
  let index = null;
  let entries = null;
  let haystacks = null;
  let places = null;

  const sample = (entry) => entries.sample[entry] ?? index.clips[entries.clip[entry]];
  const task = (entry) => index.tasks[entries.task[entry]];
  const key = (entry) => `${task(entry).name}:${sample(entry)}`;

  function start(found) {
    index = found;
    entries = found.entries;
  }

  // The entry that a link names, null if there is none.
  function find(wanted) {
    if (!places) places = new Map(entries.task.map((_, entry) => [key(entry), entry]));
    return places.get(wanted) ?? null;
  }

  function haystack(entry) {
    if (!haystacks) haystacks = new Array(entries.task.length);
    haystacks[entry] ??= [
      sample(entry), index.clips[entries.clip[entry]], task(entry).label, entries.reference[entry],
      ...entries.runs.map((run) => run.answer[entry]),
    ].join("\n").toLowerCase();
    return haystacks[entry];
  }

  // The columns of the chosen run, or of all.
  function chosen(state) {
    const at = index.runs.findIndex((run) => run.key === state.run);
    return at < 0 ? entries.runs : [entries.runs[at]];
  }

  // What is typed in points of 100, as a score.
  const bound = (text, otherwise) => (text === "" || Number.isNaN(Number(text)) ? otherwise : Number(text) / 100);

  // One test per filter that is set; an entry has to pass all.
  function tests(state) {
    const runs = chosen(state);
    const found = [];
    const wantedTask = index.tasks.findIndex((each) => each.name === state.task);
    if (state.task) found.push((entry) => entries.task[entry] === wantedTask);
    if (state.run) found.push((entry) => runs.some((run) => run.outcome[entry] >= 0));
    if (state.status) {
      const wanted = state.status === "failed"
        ? (outcome) => outcome > 0
        : (outcome) => outcome === (state.status === "absent" ? -1 : index.outcomes.indexOf(state.status));
      found.push((entry) => runs.some((run) => wanted(run.outcome[entry])));
    }
    if (state.min !== "" || state.max !== "") {
      const low = bound(state.min, -Infinity);
      const high = bound(state.max, Infinity);
      const lies = (value) => value !== null && value >= low - 1e-9 && value <= high + 1e-9;
      found.push((entry) => runs.some((run) => lies(run.value[entry])));
    }
    if (state.differ) found.push((entry) => entries.spread[entry] !== null && entries.spread[entry] >= DIFFER - 1e-9);
    if (state.judges) found.push((entry) => runs.some((run) => run.disagreement[entry] > 0));
    for (const word of state.q.toLowerCase().split(/\s+/).filter(Boolean)) {
      found.push((entry) => haystack(entry).includes(word));
    }
    return found;
  }

  function mean(values) {
    const known = values.filter((value) => value !== null);
    return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
  }

  function greatest(values) {
    return values.reduce((most, value) => (value !== null && (most === null || value > most) ? value : most), null);
  }

  // What an entry is sorted by: a number, or null for those that come last either way.
  const SORTS = {
    order: { label: "Dataset order", by: () => (entry) => entry },
    score: { label: "Score", by: (runs) => (entry) => mean(runs.map((run) => run.value[entry])) },
    difference: { label: "Difference of runs", by: () => (entry) => entries.spread[entry] },
    disagreement: { label: "Disagreement of judges", by: (runs) => (entry) => greatest(runs.map((run) => run.disagreement[entry])) },
    tokens: { label: "Tokens", by: (runs) => (entry) => greatest(runs.map((run) => tokens(run, entry))) },
    seconds: { label: "Seconds", by: (runs) => (entry) => greatest(runs.map((run) => run.seconds[entry])) },
  };

  function tokens(run, entry) {
    const [one, other] = [run.tokens_in[entry], run.tokens_out[entry]];
    return one === null && other === null ? null : (one ?? 0) + (other ?? 0);
  }

  // The places of the entries that pass, in order.
  function select(state) {
    const passed = tests(state);
    const found = [];
    for (let entry = 0; entry < entries.task.length; entry += 1) {
      if (passed.every((test) => test(entry))) found.push(entry);
    }
    const sort = SORTS[state.sort] ?? SORTS.order;
    const by = sort.by(chosen(state));
    const sign = state.down ? -1 : 1;
    const values = new Map(found.map((entry) => [entry, by(entry)]));
    return found.sort((one, other) => compare(values.get(one), values.get(other), sign) || one - other);
  }

  function compare(one, other, sign) {
    if (one === null || other === null) return (one === null) - (other === null);
    return sign * (one - other);
  }

  const some = (of) => entries.runs.some((run) => of(run).some((value) => value !== null));

  // Which filters and orders mean anything for these runs.
  const has = {
    differ: () => entries.spread.some((value) => value !== null),
    judges: () => some((run) => run.disagreement),
    tokens: () => some((run) => run.tokens_out) || some((run) => run.tokens_in),
    seconds: () => some((run) => run.seconds),
  };

  // The line below an entry's name: where the search hit, otherwise the reference or an answer.
  function excerpt(entry, state) {
    const answers = chosen(state).map((run) => run.answer[entry]);
    const texts = state.run ? [...answers, entries.reference[entry]] : [entries.reference[entry], ...answers];
    const word = state.q.toLowerCase().split(/\s+/)[0];
    return (word && texts.find((text) => text.toLowerCase().includes(word))) || texts.find(Boolean) || "";
  }

  return { start, find, key, sample, task, select, excerpt, has, SORTS, DIFFER };
})();
