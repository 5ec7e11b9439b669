"""Our operator, watching sessions that a test stores."""

import json
import re
from pathlib import Path

from harness import BIN, Program, until
from kubernetes import Kubernetes


class Operator(Program):
    """Our operator, at an API server that has sessions and gives it no lease."""

    def __init__(self, folder: Path, kubernetes: Kubernetes) -> None:
        kubeconfig = folder / "kubeconfig"
        kubeconfig.write_text(json.dumps(kubernetes.kubeconfig()))
        arguments = ["--http=127.0.0.1:0", "--reports=127.0.0.1:0", "--namespace=tower"]
        command = ["env", f"KUBECONFIG={kubeconfig}", str(BIN / "ballsession-operator"), *arguments]
        super().__init__(folder, "operator", command)
        pattern = r"status and metrics.* address=\S*?(\d+\.\d+\.\d+\.\d+:\d+)"
        self.http = until("the operator's address", lambda: re.search(pattern, self.plain_log()))[1]

    def plain_log(self) -> str:
        """Without colours."""
        return re.sub(r"\x1b\[[0-9;]*m", "", self.log())
