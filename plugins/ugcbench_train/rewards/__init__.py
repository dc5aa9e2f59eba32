"""How good is a completion, for the engine that trains on it?

A reward is the weighted sum of registered scorers' values, each bit for bit the evaluation's.
`mixture` scores; `trl`, `swift` and `verifiers` hand it to the engines; `monitors` watches.
"""
