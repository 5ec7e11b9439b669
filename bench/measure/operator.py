"""What the operator costs with many sessions: `ballsession-operator-load`, once, beside the API server that KUBECONFIG names."""

import json
import os
import subprocess
from collections.abc import Callable

from measure.programs import BIN

# Of a thousand sessions: four minutes until they are there, ten of counting, and four more without an operator.
LIMIT = 3600


def is_possible() -> bool:
    return bool(os.environ.get("KUBECONFIG"))


def measure(sessions: int, say: Callable[[str], None]) -> dict:
    """The program's own outcome."""
    say(f"an operator with {sessions} sessions")
    command = [str(BIN / "ballsession-operator-load"), f"--sessions={sessions}"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=LIMIT)
    return json.loads(done.stdout)
