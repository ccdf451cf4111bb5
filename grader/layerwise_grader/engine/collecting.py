"""Takes submissions out of nbgrader's exchange, where each learner can put whatever they like.

nbgrader follows links while it copies, with the instructor's rights: a link to another's collected notebook would be
handed in as one's own, and come back with the feedback. And one submission that is too large ends the collection.
"""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import Any

from nbgrader.exchange.default import ExchangeCollect
from nbgrader.utils import ignore_patterns

COMPLETE = "submission_secret.txt"  # the last that nbgrader writes of a submission


class Collect(ExchangeCollect):  # type: ignore[misc]  # nbgrader has no types
    """nbgrader's, but links stay behind, what is still being written waits, and what is too large harms nobody else."""

    src_records: list[dict[str, Any]]

    def init_src(self) -> None:
        """The submissions to collect."""
        super().init_src()
        self.src_records = [one for one in self.src_records if is_complete(Path(self.inbound_path, one["filename"]))]

    def do_copy(self, src: str, dest: str, log: Any = None) -> None:
        """Copies one submission."""
        try:
            size, most = self.get_size(src), 1000 * self.coursedir.max_dir_size
            if size > most:
                raise OSError(f"it has {size:,} bytes; {most:,} are allowed")
            shutil.copytree(src, dest, symlinks=True, ignore=self._left_out, copy_function=copy_itself)
        except (OSError, shutil.Error) as error:
            self.log.error("%s could not be collected: %s", src, error)
            Path(dest).mkdir(parents=True, exist_ok=True)  # intake says that there is no notebook
        self._share(Path(dest))

    def _left_out(self, folder: str, names: list[str]) -> set[str]:
        """What nbgrader's settings leave out, and what is neither a file nor a folder."""
        settings = self.coursedir
        named = ignore_patterns(
            exclude=settings.ignore, include=settings.include, max_file_size=settings.max_file_size, log=self.log
        )
        odd = {name for name in names if not is_ordinary(Path(folder, name))}
        return odd | set(named(folder, [name for name in names if name not in odd]))

    def _share(self, folder: Path) -> None:
        """Lets a group of instructors write, where they share the class."""
        if self.coursedir.groupshared:
            for path in (folder, *folder.rglob("*")):
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode | (0o2770 if path.is_dir() else 0o660))


def is_complete(folder: Path) -> bool:
    """Whether a submission in the exchange is there to its end, in a folder of its own."""
    return not folder.is_symlink() and (folder / COMPLETE).is_file()


def is_ordinary(path: Path) -> bool:
    """Whether it is a file or a folder itself: no link, and no pipe or device that never ends."""
    mode = path.lstat().st_mode
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)


def copy_itself(source: str, target: str) -> str:
    """Copies a file, or a link as a link, even when it became one just now."""
    return os.fspath(shutil.copy2(source, target, follow_symlinks=False))
