"""How do annotations come about: read, taken over from elsewhere, drafted by models?

`files` reads and writes them as JSON Lines. `importing` takes them over: `label_studio` from its
exports, `tables` from plain CSV and JSON Lines, `gold` from a dataset; `cells` reads the texts of
which all of these consist. `drafting` asks a model, stage by stage (`stages`).
"""
