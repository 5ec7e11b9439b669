"""Programs that run for as long as somebody asks them for their metrics."""

import contextlib
import os
import re
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

PATIENCE_SECONDS = 20
# An operator serves its metrics whether it reaches an API server or not; here is none.
NOBODY = """apiVersion: v1
kind: Config
current-context: nobody
contexts: [{name: nobody, context: {cluster: nobody, user: nobody}}]
clusters: [{name: nobody, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: nobody, user: {token: none}}]
"""


@contextlib.contextmanager
def running(binaries):
    """The metrics of each program: of a server and a client with media between them, and of an operator."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ballsession-docs.")))
        (folder / "kubeconfig").write_text(NOBODY)
        signalling, server, client, operator, reports = (f"127.0.0.1:{port}" for port in free_ports(5))
        start = lambda *command, **settings: stack.enter_context(process(binaries, *command, log=folder / "log", **settings))
        start("ballsession-server", "--listen", signalling, "--http", server)
        start("ballsession-client", "--server", signalling, "--http", client)
        start(
            *["ballsession-operator", "--http", operator, "--reports", reports, "--plain-reports", "off", "--namespace", "nowhere"],
            KUBECONFIG=str(folder / "kubeconfig"),
        )
        matched = re.compile(r'^ballsession_frames_total\{[^}]*fate="matched"[^}]*\} [1-9]', re.MULTILINE)
        yield {
            "ballsession-server": metrics(server, matched),
            "ballsession-client": metrics(client, re.compile("^ballsession_", re.MULTILINE)),
            "ballsession-operator": metrics(operator, re.compile("^# EOF", re.MULTILINE)),
        }


@contextlib.contextmanager
def process(binaries, program, *arguments, log, **settings):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BALLSESSION_")} | settings
    with open(log, "ab") as output, subprocess.Popen([binaries / program, *arguments], env=environment, stdout=output, stderr=output) as child:
        try:
            yield child
        finally:
            child.kill()


def free_ports(count):
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]


def metrics(address, awaited):
    """OpenMetrics, once there is in it what is awaited."""
    request = urllib.request.Request(f"http://{address}/metrics", headers={"Accept": "application/openmetrics-text"})
    deadline = time.monotonic() + PATIENCE_SECONDS
    text = ""
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(request, timeout=2) as answer:
            text = answer.read().decode()
            if awaited.search(text):
                return text
        time.sleep(0.1)
    raise TimeoutError(f"{address} served no {awaited.pattern} within {PATIENCE_SECONDS} s, but: {text[:400]!r}")
