"""Numbers as programs send them, written down: pages show what no session does when a test wants it."""

from selenium import webdriver

# In place of the browser's own: it connects to nobody, and gives the page what a test sends.
SOURCE = """
window.EventSource = class extends EventTarget {
  static CLOSED = 2;
  constructor() {
    super();
    this.readyState = 1;
    window.source = this;
  }
};
"""
SEND = "source.dispatchEvent(new MessageEvent(arguments[0], { data: JSON.stringify(arguments[1]) }))"
BREAK = "source.dispatchEvent(new Event('error'))"

# Answers requests for the page's own `status` with what a test has left for them.
STATUS = """
const fetched = window.fetch;
window.fetch = (address, options) =>
  address === "status" && window.answer ? Promise.resolve(Response.json(window.answer)) : fetched(address, options);
"""

OBJECTIVES = {
    "errorPixelsP95": 1,
    "latencyMillisecondsP95": 200,
    "lossPercent": 1,
    "undetectedPercent": 1,
    "deliveredPercent": 95,
    "longestFreezeMilliseconds": 1000,
    "setupMillisecondsP95": 5000,
    "minimumFrames": 300,
}
MET = {"met": True, "reason": "Met", "message": "all numbers are within their objectives", "cause": None, "client": None, "node": None}
SPLIT = {"server": {"p50": 0.4, "p95": 1.1}, "client": {"p50": 1.6, "p95": 4.2}, "network": {"p50": 0.3, "p95": 0.9}}


class Script:
    """Runs in every page that is opened from now on, before the page's own scripts do."""

    def __init__(self, driver: webdriver.Chrome, source: str) -> None:
        self.driver = driver
        self.added = driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})

    def remove(self) -> None:
        self.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", self.added)


def frames(sent: int = 1800, **fates: int) -> dict:
    """What became of frames: matched where nothing else is said."""
    counted = dict.fromkeys(("estimated", "lost", "late", "undecodable", "undetected"), 0) | fates
    beside = {"sent": sent, "pending": 0, "duplicate": 0, "malformed": 0}
    return beside | counted | {"matched": sent - sum(counted.values())}


def numbers(**differing: object) -> dict:
    """What a summary has of all clients, of the last while and of each client."""
    good = {
        "frames": frames(),
        "lossPercent": 0.0,
        "undetectedPercent": 0.0,
        "deliveredPercent": 100.0,
        "errorPixels": {"mean": 0.006, "p50": 0.0055, "p95": 0.0112, "max": 0.19},
        "latencyMilliseconds": {"p50": 2.31, "p95": 6.42, "max": 21.3},
        "latencySplit": SPLIT,
        "freezes": {"count": 0, "longestMilliseconds": 21.4},
        "gaps": {"count": 0, "longestMilliseconds": 0.0},
    }
    return good | differing


def row(name: str, recent: dict | None = None, **differing: object) -> dict:
    """A client's row, where nothing is wrong but what differs; `recent` is what differs in its last while."""
    lately = {
        "framesSettled": 1710,
        "lossPercent": 0.0,
        "undetectedPercent": 0.0,
        "deliveredPercent": 100.0,
        "errorPixelsP95": 0.0112,
        "latencyMillisecondsP95": 6.42,
        "longestFreezeMilliseconds": 21.4,
        "wantedSeconds": 57.0,
    }
    good = {
        "id": name,
        "node": "worker-1",
        "zone": "a",
        "state": "Connected",
        "instance": "5ad1f0b2c3d4e5f6",
        "attempt": None,
        "pairing": "rtp",
        "pairingMilliseconds": None,
        "reconnects": 0,
        "setupMilliseconds": {"signaling": 4.1, "ice": 25.2, "dtls": 41.0, "firstFrame": 51.7, "firstReport": 88.5},
        "wantedSeconds": 112.0,
        "openGapMilliseconds": None,
        "freezesFrom": "client",
        "recent": lately | (recent or {}),
        "cause": "Codec",
    }
    return numbers() | good | differing


def update(clients: list[dict], **differing: object) -> dict:
    """What a server's page gets every second."""
    summary = numbers() | {
        "schemaVersion": 2,
        "instance": "0123456789abcdef",
        "sequence": 4711,
        "startedAt": "2026-01-01T00:00:00Z",
        "durationSeconds": 118.0,
        "video": {"width": 640, "height": 480, "framesPerSecond": 30, "skippedFrames": 0},
        "setupMilliseconds": {"p50": 88.5, "p95": 88.5},
        "errors": [],
        "recent": numbers(windowSeconds=60.0, setupMilliseconds={"p50": 88.5, "p95": 88.5}),
        "clients": clients,
        "rowsOmitted": 0,
    }
    connected = [client for client in clients if client["state"] == "Connected"]
    beside = {"connected": len(connected), "withoutMedia": 0, "rows": len(clients), "points": points(), "trails": []}
    return beside | {"summary": summary | differing}


def points(seconds: int = 118, error: float = 0.011, latency: float = 6.4) -> list[dict]:
    """Quantiles of each second, a bit up and down."""
    wave = [1 + 0.2 * ((second * 7) % 5) / 5 for second in range(seconds)]
    return [
        {
            "seconds": float(second),
            "reports": 60,
            "errorPixels": {"p50": round(error * 0.5 * part, 5), "p95": round(error * part, 5)},
            "latencyMilliseconds": {"p50": round(latency * 0.4 * part, 3), "p95": round(latency * part, 3)},
        }
        for second, part in enumerate(wave)
    ]


def stats(**differing: object) -> dict:
    """What a client says about itself once a second."""
    said = {
        "packetsReceived": 8731,
        "packetsLost": 42,
        "packetsRepaired": 39,
        "jitter": 0.0012,
        "nackCount": 17,
        "pliCount": 1,
        "framesReceived": 3540,
        "framesDecoded": 3533,
        "framesDropped": 7,
        "keyFramesDecoded": 3,
        "totalDecodeTime": 4.24,
        "freezeCount": 2,
        "totalFreezesDuration": 0.71,
        "totalInterFrameDelay": 117.9,
        "totalSquaredInterFrameDelay": 4.12,
        "longestGap": 41.0,
        "sinceDecoded": 12.0,
        "cpu": {"throttledMilliseconds": 380.0, "pressureMilliseconds": 1210.0, "worstLatenessMilliseconds": 3.4},
    }
    return said | differing
