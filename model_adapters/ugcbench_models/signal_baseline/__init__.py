"""What can be said about a clip with small signal models on the CPU, without key, GPU or download?

`model.SignalBaseline` reads a clip's frames and sound as any other model gets them. `analysis`
measures them once: `scenes`, `text` (on-screen lines), `faces`, `regions` and `colours` in the
picture; `voice`, `speech` and `music` in the sound. The result, `facts.Facts`, is put into words by
`answers`, `tone` and `captions`. Nothing is guessed that was not measured: objects other than
people, lettering and patches of colour are beyond it.
"""
