"""How do answers and verdicts that were recorded elsewhere become ordinary runs?

`checkout` reads the official repository's results, `captions` a file of captions; both give
`Recording`s (`recording`), which `writing` turns into run directories; `problems` collects what
can't be read, with file and line.
"""
