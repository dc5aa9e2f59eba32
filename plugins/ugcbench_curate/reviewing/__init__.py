"""People check annotations in batches; what they do is kept in a ledger that only grows.

Read in this order: `events` (what can happen), `ledger` (where it is kept), `batches` (what it
amounts to), `decisions` (when a batch passes), `procedure` (what a person may do next).
"""
