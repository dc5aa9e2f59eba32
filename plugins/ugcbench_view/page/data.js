// The data files: each is a script that calls ugcbench_view(name, value).
"use strict";

const Data = (() => {
  const KEPT = 48; // chunks and clips that stay in memory
  const FORMAT = 1;
  const loaded = new Map();
  const waiting = new Map();

  window.ugcbench_view = (name, value) => {
    const wanted = waiting.get(name);
    if (wanted) wanted.value = value;
  };

  // The value of data/NAME.js; fails where there is no such file or it says nothing.
  function load(name) {
    if (loaded.has(name)) {
      const found = loaded.get(name);
      loaded.delete(name);
      loaded.set(name, found);
      return found;
    }
    const found = new Promise((resolve, reject) => {
      const script = document.createElement("script");
      const wanted = {};
      const end = () => { waiting.delete(name); script.remove(); };
      waiting.set(name, wanted);
      script.onload = () => {
        end();
        if ("value" in wanted) resolve(wanted.value);
        else reject(new Error(`data/${name}.js holds no data`));
      };
      script.onerror = () => { end(); reject(new Error(`data/${name}.js can't be read`)); };
      script.src = `data/${name}.js`;
      document.head.append(script);
    });
    loaded.set(name, found);
    found.catch(() => loaded.delete(name)); // worth another try
    while (loaded.size > KEPT) loaded.delete(loaded.keys().next().value);
    return found;
  }

  async function index() {
    const found = await load("index");
    if (found.format !== FORMAT) {
      throw new Error(`the data are of format ${found.format}, this page reads ${FORMAT}: export again`);
    }
    return found;
  }

  // One entry in full, with the prompts of its chunk.
  async function detail(known, entry) {
    const chunk = await load(`chunk/${Math.floor(entry / known.per_chunk)}`);
    return { detail: chunk.details[entry % known.per_chunk], prompts: chunk.prompts };
  }

  return { index, detail, clip: (place) => load(`clip/${place}`) };
})();
