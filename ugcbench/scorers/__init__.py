"""How is a prediction turned into a score?

One module per way: `choice`, `ngram`, `length`, `judge`. Each holds frozen dataclasses that fulfil
`ugcbench.specs.Scorer`: stateless, total, and shared by evaluation and training.
"""
