"""As much of an API server as an operator needs to see sessions: lists and watches of what a test stores."""

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

API_VERSION = "ballsession.dev/v1alpha1"
SESSIONS = f"/apis/{API_VERSION}/ballsessions"


def session(namespace: str, name: str, spec: dict | None = None, **status: object) -> dict:
    """A session as it is stored."""
    return {
        "apiVersion": API_VERSION,
        "kind": "BallSession",
        "metadata": {
            "namespace": namespace,
            "name": name,
            "uid": f"{namespace}-{name}",
            "creationTimestamp": "2026-01-01T00:00:00Z",
        },
        "spec": spec or {},
        "status": status,
    }


def condition(kind: str, status: str, reason: str) -> dict:
    """A condition as it is stored."""
    since = "2026-01-01T00:00:00Z"
    return {"type": kind, "status": status, "reason": reason, "message": "", "lastTransitionTime": since}


class Kubernetes:
    """Holds sessions, and sends changes to whoever watches them. Everything else it has none of, and takes nothing."""

    def __init__(self, sessions: list[dict]) -> None:
        self.sessions = sessions
        self.version = 1
        self.watchers: list[queue.SimpleQueue] = []
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"kubernetes": self}))
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def kubeconfig(self) -> dict:
        """Leads to it."""
        host, port = self.server.server_address
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "it", "cluster": {"server": f"http://{host}:{port}"}}],
            "users": [{"name": "it", "user": {}}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it", "namespace": "tower"}}],
            "current-context": "it",
        }

    def change(self, kind: str, session: dict) -> None:
        """ADDED, MODIFIED or DELETED."""
        with self.lock:
            self.version += 1
            session["metadata"]["resourceVersion"] = str(self.version)
            for watcher in self.watchers:
                watcher.put({"type": kind, "object": session})

    def end(self) -> None:
        with self.lock:
            for watcher in self.watchers:
                watcher.put(None)
        self.server.shutdown()
        self.server.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    kubernetes: Kubernetes

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if parse_qs(address.query).get("watch"):
            self._watch(address.path == SESSIONS)
            return
        if "/leases/" in address.path:
            self._refuse(404, "NotFound")
            return
        with self.kubernetes.lock:
            items = self.kubernetes.sessions if address.path == SESSIONS else []
            metadata = {"resourceVersion": str(self.kubernetes.version)}
            self._answer(200, {"kind": "List", "apiVersion": "v1", "metadata": metadata, "items": items})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._refuse(403, "Forbidden")

    do_PUT = do_PATCH = do_DELETE = do_POST

    def _refuse(self, code: int, reason: str) -> None:
        status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "this is only to look at"}
        self._answer(code, status | {"reason": reason, "code": code})

    def _answer(self, code: int, body: dict) -> None:
        text = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _watch(self, is_of_sessions: bool) -> None:
        changes: queue.SimpleQueue = queue.SimpleQueue()
        with self.kubernetes.lock:
            self.kubernetes.watchers.append(changes)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while (change := changes.get()) is not None:
            if is_of_sessions:
                line = json.dumps(change).encode() + b"\n"
                self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_: object) -> None:
        """Nobody wants to read it."""
