"""A bad network as a program: `ballsession-relay`, which a line makes better or worse."""

import json
import subprocess
from pathlib import Path

from measure.programs import BIN

# An answer comes at once.
LIMIT = 10.0


class Relay:
    """Between a server and clients that dial this instead of it."""

    def __init__(self, folder: Path, name: str, port: int, seed: int) -> None:
        command = [str(BIN / "ballsession-relay"), f"--server=127.0.0.1:{port}", f"--seed={seed}"]
        with (folder / f"{name}.err").open("wb") as err:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=err, text=True, bufsize=1
            )
        self.name = name
        self.port = int(self._answer().rpartition(":")[2])

    def impair(self, impairments: dict) -> dict:
        """From now on the network does this; the datagrams counted so far."""
        self.process.stdin.write(json.dumps(impairments) + "\n")
        return json.loads(self._answer())

    def _answer(self) -> str:
        line = self.process.stdout.readline()
        assert line, f"{self.name} ended with {self.process.wait(LIMIT)}"
        return line

    def end(self) -> None:
        """Ends it whatever it does."""
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
