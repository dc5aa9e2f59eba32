"""How are videos downloaded, and what is written down about those that are gone?

yt-dlp downloads, one video at a time, into a folder of partial files; what opens as a video is then
put in its place. `fetch.jsonl` beside the videos gets a line per attempt, the last one of a clip
counts:

    {"id", "url", "status": "ok" | "gone" | "error", "reason", "when", "sha256"}
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ugcbench.errors import MediaError, MissingExtraError
from ugcbench.media import probe
from ugcbench.redaction import hide_in_addresses
from ugcbench.store import Log
from ugcbench.types import Frozen

GONE = re.compile(
    r"not available|unavailable|no longer|removed|deleted|private|do not have permission to view",
    re.IGNORECASE,
)
"""What sites and yt-dlp say of a video that will not come back."""

NOT_GONE = re.compile(r"IP address|your country|geo|rate.?limit|captcha", re.IGNORECASE)
"""What they say where somebody else, or later, may see the video."""

HTTP_ERROR = re.compile(r"HTTP Error (\d{3})")
GONE_CODES = {"404", "410"}


class Attempt(Frozen):
    """A line of fetch.jsonl: `sha256` of the video where `status` is ok, else the `reason`.

    The `url` is written without passwords and tokens.
    """

    id: str
    url: str
    status: Literal["ok", "gone", "error"]
    reason: str | None = None
    when: str
    sha256: str | None = None


@dataclass(frozen=True)
class Downloader:
    """Downloads videos by yt-dlp.

    `attempts` is how often a video is tried when the failure may pass, `timeout` the seconds that a
    connection may be silent.
    """

    attempts: int = 3
    timeout: float = 30.0

    def fetch_all(
        self, urls: Mapping[str, str], places: Mapping[str, Path], folder: Path, *, again: bool
    ) -> Iterator[tuple[Attempt, bool]]:
        """Fetch each clip's video to its place; yields what is known and whether it is new.

        What is there already, or known to be gone, is not asked for again, the latter only with
        `again`. Raises `MissingExtraError` without yt-dlp.
        """
        _require_yt_dlp()
        partial = folder / ".partial"
        folder.mkdir(parents=True, exist_ok=True)
        log = Log(folder / "fetch.jsonl", lambda line: str(line["id"]))
        try:
            for name, url in urls.items():
                known = log.get(name)
                last = None if known is None else Attempt.model_validate(known)
                if last is not None and _is_settled(last, url, places[name], again=again):
                    yield last, False
                    continue
                attempt = self.fetch(name, url, places[name], partial / name)
                log.append(attempt)
                yield attempt, True
        finally:
            log.close()
            _remove_if_empty(partial)

    def fetch(self, name: str, url: str, place: Path, partial: Path) -> Attempt:
        """Download one video to `place`, by way of the folder `partial`, which is its own."""
        import yt_dlp

        try:
            with yt_dlp.YoutubeDL(self._options(partial)) as client:
                client.download([url])
            file = next(file for file in partial.glob("video.*") if file.suffix != ".part")
            probe(file)
        except yt_dlp.utils.DownloadError as error:
            reason = _plain(str(error))
            return _attempt(name, url, "gone" if _is_gone(reason) else "error", reason=reason)
        except StopIteration:
            return _attempt(name, url, "error", reason="nothing was downloaded")
        except MediaError as error:
            file.unlink(missing_ok=True)
            return _attempt(name, url, "error", reason=f"what came is no video: {error.kind}")
        finally:
            _remove_if_empty(partial)
        place.parent.mkdir(parents=True, exist_ok=True)
        file.replace(place)
        _remove_if_empty(partial)
        with place.open("rb") as video:
            return _attempt(
                name, url, "ok", sha256=hashlib.file_digest(video, "sha256").hexdigest()
            )

    def _options(self, partial: Path) -> Mapping[str, Any]:
        """One file with picture and sound, H.264 rather than what fewer players read."""
        return {
            "outtmpl": {"default": str(partial).replace("%", "%%") + "/video.%(ext)s"},
            "format": "b[ext=mp4]/b",
            "format_sort": ["vcodec:h264"],
            "retries": self.attempts,
            "extractor_retries": self.attempts,
            "fragment_retries": self.attempts,
            "file_access_retries": 1,
            "socket_timeout": self.timeout,
            "continuedl": True,
            "noplaylist": True,
            "playlist_items": "1",
            "cachedir": False,
            "updatetime": False,
            "quiet": True,
            "no_warnings": True,
            "noprogress": True,
            "logger": _Silence(),
        }


class _Silence:
    """A logger that says nothing: whatever matters comes as an error."""

    def debug(self, message: str) -> None:
        """Say nothing."""

    info = warning = error = debug


def _is_gone(reason: str) -> bool:
    """Whether yt-dlp's error says that the video will not come back."""
    code = HTTP_ERROR.search(reason)
    if code is not None:
        return code[1] in GONE_CODES
    return bool(GONE.search(reason)) and not NOT_GONE.search(reason)


def _is_settled(last: Attempt, url: str, place: Path, *, again: bool) -> bool:
    if last.status == "ok":
        return place.is_file()
    return last.status == "gone" and last.url == hide_in_addresses(url) and not again


def _attempt(
    name: str,
    url: str,
    status: Literal["ok", "gone", "error"],
    *,
    reason: str | None = None,
    sha256: str | None = None,
) -> Attempt:
    when = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return Attempt(
        id=name,
        url=hide_in_addresses(url),
        status=status,
        reason=reason and hide_in_addresses(reason),
        when=when,
        sha256=sha256,
    )


def _remove_if_empty(folder: Path) -> None:
    """Leave a folder only where it holds what the next attempt goes on with."""
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _plain(message: str) -> str:
    """An error of yt-dlp in one line, without colour and without how to report bugs."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", message).removeprefix("ERROR: ")
    return text.partition("; please report this issue")[0].partition("\n")[0].strip()


def _require_yt_dlp() -> None:
    try:
        import yt_dlp  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "fetching videos needs yt-dlp: pip install 'ugcbench[fetch]'"
        ) from error
