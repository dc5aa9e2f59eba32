"""How were the clips and the gold of the mini benchmark made?

Each file in `clips/` is the script of one clip: what is seen, what is heard, and the gold answers
in prose written by hand. `python -m tools.make_mini` films the scripts. The parts, in the order in
which a script runs through them: `script` (what a clip can be told to show), `backdrops`,
`things`, `people`, `lettering` (pictures, all drawn by `pen`), `speech`, `music`, `noises`,
`mix` (sound), `film` (the file), `gold` and `manifest` (what is known about it).
"""
