"""Limits what a program may use of the processor, as a container's limit does: a control group for each program."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

# What Kubernetes uses.
PERIOD_MICROSECONDS = 100_000
# The kernel takes a moment to let go of a process that has ended.
REMOVAL_ATTEMPTS, REMOVAL_PAUSE = 50, 0.02


@dataclass(frozen=True)
class Hierarchy:
    """Where groups with a limit of the processor can be made."""

    folder: Path
    version: int

    def quota(self, millicores: int | None) -> tuple[str, str]:
        """The file that holds the limit, and what to write to it; None: no limit."""
        quota = None if millicores is None else millicores * PERIOD_MICROSECONDS // 1000
        if self.version == 1:
            return "cpu.cfs_quota_us", str(-1 if quota is None else quota)
        return "cpu.max", f"{'max' if quota is None else quota} {PERIOD_MICROSECONDS}"


def hierarchy(mounts: str) -> Hierarchy | None:
    """Of the mounts that /proc/self/mounts lists: version 1 where it has the processor, or else version 2."""
    found = {1: None, 2: None}
    for line in mounts.splitlines():
        _, folder, kind, options, *_ = line.split()
        if kind == "cgroup" and "cpu" in options.split(","):
            found[1] = Hierarchy(Path(folder), 1)
        elif kind == "cgroup2":
            found[2] = Hierarchy(Path(folder), 2)
    return found[1] or found[2]


def throttled(stat: str) -> float:
    """The seconds in which a group had to wait, as its cpu.stat says."""
    fields = dict(line.split() for line in stat.splitlines())
    if "throttled_usec" in fields:
        return int(fields["throttled_usec"]) / 1e6
    return int(fields["throttled_time"]) / 1e9


class Group:
    """A control group of its own for one program; it has no limit at first."""

    def __init__(self, name: str) -> None:
        where = hierarchy(Path("/proc/self/mounts").read_text())
        if where is None:
            raise OSError("no control groups are mounted")
        self.hierarchy = where
        self.folder = where.folder / f"ballsession-detection-{os.getpid()}-{name}"
        if where.version == 2 and "cpu" not in (where.folder / "cgroup.subtree_control").read_text().split():
            (where.folder / "cgroup.subtree_control").write_text("+cpu")
        self.folder.mkdir()
        try:
            if where.version == 1:
                (self.folder / "cpu.cfs_period_us").write_text(str(PERIOD_MICROSECONDS))
            self.limit(None)
        except OSError:
            self.remove()
            raise

    def enter(self, command: list[str]) -> list[str]:
        """The command that runs `command` in this group from its first instruction on."""
        return ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(self.folder / "cgroup.procs"), *command]

    def limit(self, millicores: int | None) -> None:
        """From now on the program may use so much; None: as much as there is."""
        file, quota = self.hierarchy.quota(millicores)
        (self.folder / file).write_text(quota)

    def throttled(self) -> float:
        """Seconds so far in which the limit kept the program waiting."""
        return throttled((self.folder / "cpu.stat").read_text())

    def remove(self) -> None:
        """To be called when its program has ended."""
        for attempt in range(REMOVAL_ATTEMPTS):
            try:
                self.folder.rmdir()
                return
            except OSError:
                if attempt + 1 == REMOVAL_ATTEMPTS:
                    raise
                time.sleep(REMOVAL_PAUSE)


def why_impossible() -> str | None:
    """Why no limit can be set here; None where one can."""
    try:
        group = Group("probe")
        group.limit(100)
        group.remove()
    except OSError as error:
        return str(error)
    return None
