"""Which errors does ugcbench raise, and what does each mean to the user?

    UgcbenchError
    ├── UsageError                 something typed or configured is wrong (exit 2)
    │   ├── UnknownNameError       no such model, task, dataset, judge, command
    │   ├── NameClashError         two plugins claim one name
    │   ├── MissingExtraError      an optional dependency is not installed
    │   ├── IncompatiblePluginError  a plugin was made for another version of ugcbench
    │   └── DatasetError           a dataset file is missing or malformed
    ├── PreflightError             a check before the first request failed (exit 3)
    ├── BudgetReachedError         the money limit of the run is used up (exit 5)
    ├── RunError                   a run directory can't be used
    │   ├── RunLockedError         another process writes to it
    │   └── RunCorruptError        a stored line can't be read
    ├── MediaError                 a clip can't be read; one sample's problem, never the run's
    │   └── Missing-, Empty-, NotMedia-, Damaged-, NoVideo-, NoAudio-, TooLargeMediaError
    └── ModelError                 a model or judge did not answer
        ├── FatalModelError        repeating can't help: wrong key, unknown model, bad option
        │   └── ReroutedError      another model replied than the one asked
        ├── TransientModelError    worth another attempt (429, 5xx, connection), see `retry_after`
        │   └── UnreachableError   nobody answered; fatal while nobody has ever answered
        ├── RequestRejectedError   this request is refused as it is (too long, part not accepted)
        └── ModelTimeoutError      no answer within the attempt's time limit

Every message says what is wrong and what to type next.
"""

from __future__ import annotations


class UgcbenchError(Exception):
    """Root of every error that ugcbench raises on purpose; `exit_code` is the command line's."""

    exit_code = 1


class UsageError(UgcbenchError):
    """Something that the user typed or configured is wrong."""

    exit_code = 2


class UnknownNameError(UsageError):
    """A name is not registered; the message lists the nearest ones."""


class NameClashError(UsageError):
    """Two plugins claim one name; the message names both."""


class MissingExtraError(UsageError):
    """An optional dependency is absent; the message holds the install command."""


class IncompatiblePluginError(UsageError):
    """An installed plugin declares that it needs another version of ugcbench."""


class DatasetError(UsageError):
    """A dataset file is missing or malformed; the message names file and line."""


class PreflightError(UgcbenchError):
    """A check before the first request failed, so nothing was sent."""

    exit_code = 3


class BudgetReachedError(UgcbenchError):
    """The run's money limit is used up; what was answered is kept and the run can be resumed."""

    exit_code = 5


class RunError(UgcbenchError):
    """A run directory can't be used as asked."""

    exit_code = 2


class RunLockedError(RunError):
    """Another process is writing to the run directory."""


class RunCorruptError(RunError):
    """A stored line can't be read; the message names file and line."""


class MediaError(UgcbenchError):
    """A clip can't be read.

    `path` is the file, `kind` a stable word for records, the message says what to do. One clip's
    error never stops a run.
    """

    kind = "media"

    def __init__(self, path: object, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = str(path)


class MissingMediaError(MediaError):
    """The file does not exist or is not a regular file."""

    kind = "media_missing"


class EmptyMediaError(MediaError):
    """The file has no bytes."""

    kind = "media_empty"


class NotMediaError(MediaError):
    """The bytes are no audio or video container that the decoder knows."""

    kind = "media_not_media"


class DamagedMediaError(MediaError):
    """It is a clip, but its index is cut off or no picture could be decoded from it."""

    kind = "media_damaged"


class NoVideoError(MediaError):
    """The file holds sound, but no moving picture."""

    kind = "media_no_video"


class NoAudioError(MediaError):
    """Sound was required, but the file has no audio track that can be decoded."""

    kind = "media_no_audio"


class TooLargeMediaError(MediaError):
    """The picture, the duration or the file is beyond the reader's limits."""

    kind = "media_too_large"


class ModelError(UgcbenchError):
    """A model or judge did not answer a request."""

    kind = "api_error"


class FatalModelError(ModelError):
    """Repeating the request can't help and neither can the next one: the run stops."""

    exit_code = 3


class ReroutedError(FatalModelError):
    """The provider let another model reply than the one asked; the message names both."""

    kind = "rerouted"


class TransientModelError(ModelError):
    """The request may succeed later; `retry_after` is the server's wish in seconds, if any."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UnreachableError(TransientModelError):
    """No connection to the server came about, so the request was not even sent.

    A run ends at once where all attempts of a request end so and the server has never replied.
    """


class RequestRejectedError(ModelError):
    """The server refuses this very request; other requests of the run may pass."""


class ModelTimeoutError(ModelError):
    """No answer came within the attempt's time limit."""

    kind = "timeout"
