"""What the kernel says that a process uses."""

import time
from pathlib import Path


class Process:
    """A running process, by its id."""

    def __init__(self, pid: int) -> None:
        self.folder = Path(f"/proc/{pid}")

    def processor_seconds(self) -> float:
        """What its present threads have used of the processor, to the nanosecond: /proc/…/stat counts in hundredths
        of a second, a tenth of what a good client uses in one."""
        total = 0
        for thread in (self.folder / "task").iterdir():
            try:
                total += int((thread / "schedstat").read_text().split()[0])
            except (FileNotFoundError, ProcessLookupError):
                # It ended in between.
                continue
        return total / 1e9

    def resident_megabytes(self) -> float:
        """Memory that is resident."""
        lines = (self.folder / "status").read_text().splitlines()
        kilobytes = next(line.split()[1] for line in lines if line.startswith("VmRSS:"))
        return int(kilobytes) / 1024


class Usage:
    """What several processes use from now on."""

    def __init__(self, **processes: Process) -> None:
        self.processes = processes
        self.began = time.monotonic()
        self.used = {name: process.processor_seconds() for name, process in processes.items()}

    def read(self) -> dict:
        """Percent of one processor since the beginning, and memory, by process."""
        seconds = time.monotonic() - self.began
        return {
            name: {
                "cpuPercent": (process.processor_seconds() - self.used[name]) / seconds * 100,
                "residentMegabytes": process.resident_megabytes(),
            }
            for name, process in self.processes.items()
        }
