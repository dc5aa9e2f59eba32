"""How does an error get from a worker to the run?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from ugcbench import errors

PLAIN = (str, int, float, bool, type(None))


@dataclass(frozen=True, slots=True)
class Problem:
    """An error that can be pickled whatever it held: the nearest class of `ugcbench.errors` above
    it (or `Exception`), its own name, its message, and what it says in plain values beside that.
    """

    kind: type[Exception]
    name: str
    message: str
    state: dict[str, Any]

    @classmethod
    def of(cls, error: Exception) -> Self:
        """What is to be told about `error`."""
        kind = next(k for k in type(error).__mro__ if k in _KNOWN)
        state = {name: value for name, value in vars(error).items() if isinstance(value, PLAIN)}
        if isinstance(word := getattr(error, "kind", None), str):
            state["kind"] = word
        return cls(kind, type(error).__name__, str(error), state)

    def error(self) -> Exception:
        """The error again: an instance of `kind`, under its own name."""
        named = self.kind
        if self.name != named.__name__:
            named = type(self.name, (self.kind,), {})
        # Past the constructor: each class has its own parameters, and the message is composed.
        error = named.__new__(named, self.message)
        vars(error).update(self.state)
        return error


_KNOWN = {Exception, *(c for c in vars(errors).values() if isinstance(c, type))}
