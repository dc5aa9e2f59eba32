"""How are the release's files downloaded from the hub?

The schemas of the files differ, so they are no one table: the repository's files are listed and
those that are needed are downloaded as they are, one by one.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from ugcbench.errors import DatasetError, MissingExtraError
from ugcbench_tasks.layout import FILES
from ugcbench_tasks.ugc_videocap.fetching import EXTRAS

REPOSITORY = "openinterx/UGC-VideoCap"
INSTEAD = "or take the files from a checkout by --from DIR"


class Snapshot:
    """The newest commit of the dataset's repository on the hub.

    Raises `MissingExtraError` without huggingface_hub, `DatasetError` if the hub or the repository
    can't be reached.
    """

    def __init__(self) -> None:
        try:
            import huggingface_hub
            import huggingface_hub.constants
            import huggingface_hub.errors
        except ModuleNotFoundError as error:
            raise MissingExtraError(
                f"downloading needs {error.name}: pip install 'ugcbench[hub]', {INSTEAD}"
            ) from error
        if huggingface_hub.constants.HF_HUB_OFFLINE:
            raise DatasetError(
                f"HF_HUB_OFFLINE is set, so nothing is downloaded: unset it, {INSTEAD}"
            )
        self._hub = huggingface_hub
        try:
            info = huggingface_hub.HfApi().dataset_info(REPOSITORY)
        except Exception as error:
            raise self._explain(error) from error
        self._commit = info.sha
        self._names = tuple(file.rfilename for file in info.siblings or ())

    @property
    def origin(self) -> Mapping[str, str]:
        """Repository and commit."""
        return {"repository": REPOSITORY, "commit": str(self._commit)}

    def find(self) -> Mapping[str, str]:
        """Paths in the repository by official names; the folder and the case may differ."""
        by_name = {name.rpartition("/")[2].casefold(): name for name in self._names}
        wanted = (*FILES.values(), *EXTRAS)
        return {n: by_name[n.casefold()] for n in wanted if n.casefold() in by_name}

    def miss(self, name: str) -> str:
        """Say that it isn't there, and what is."""
        there = ", ".join(self._names) or "nothing"
        return f"{REPOSITORY} on the hub holds no {name}; it holds: {there}"

    def bring(self, name: str, folder: Path) -> Path:
        """Download one file."""
        try:
            cached = self._hub.hf_hub_download(
                REPOSITORY, name, repo_type="dataset", revision=self._commit
            )
        except Exception as error:
            raise self._explain(error) from error
        return Path(shutil.copyfile(cached, folder / Path(name).name))

    def _explain(self, error: Exception) -> DatasetError:
        """What went wrong with the hub, in one line."""
        errors = self._hub.errors
        reason = (str(error).strip() or type(error).__name__).partition("\n")[0]
        if isinstance(error, errors.GatedRepoError):
            hint = "ask for access on its page and log in by `hf auth login`"
        elif isinstance(error, errors.RepositoryNotFoundError):
            hint = "it is private or was moved"
        else:
            hint = "try again later"
        return DatasetError(f"{REPOSITORY} on the hub: {reason}; {hint}, {INSTEAD}")
