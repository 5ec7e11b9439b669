"""What was measured, and on what."""

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

from measure.programs import BIN


def describe() -> dict:
    """The machine, and versions of all that matters."""
    return {
        "cores": os.cpu_count(),
        "cpu": cpu_model(Path("/proc/cpuinfo").read_text()),
        "kernel": platform.release(),
        "versions": {
            "ballsession": first_line([str(BIN / "ballsession-server"), "--version"]).rpartition(" ")[2],
            "rustc": first_line(["rustc", "--version"]).removeprefix("rustc ").partition(" ")[0],
            "libvpx": first_line(["pkg-config", "--modversion", "vpx"]),
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in ("aiortc", "av", "opencv-python-headless", "numpy")},
        },
    }


def cpu_model(cpuinfo: str) -> str:
    """The processor's name for itself."""
    names = [line.partition(":")[2].strip() for line in cpuinfo.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.machine()


def first_line(command: list[str]) -> str:
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return done.stdout.partition("\n")[0]
