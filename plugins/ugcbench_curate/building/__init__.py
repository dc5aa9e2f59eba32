"""How do annotations become a benchmark, the same bytes each time?

templates   which field feeds which task, under which question (templates/*.toml)
rules       when a clip has a sample for a task, and why not
options     in which order the options of a multiple choice stand
benchmark   samples -> the files of the official layout
report      what was built: counts, balance, baselines, lengths, languages
"""
