"""Writes what stacks offer and answer into this folder: `capture.py STACK...`, in a network namespace, as README.md says."""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
STACKS = HERE.parents[3] / "interop/stacks"
OUR_OFFER = (HERE / "our-offer.sdp").read_text()
BROWSER = {
    "sends": ["video", "audio-first", "audio-last", "two-videos", "simulcast", "h264-only"],
    "watches": ["video", "audio-first", "h264-only"],
    "answers": ["recvonly", "sendrecv"],
}
CAPTURED = {
    "aiortc": {
        "sends": ["video", "video-only", "audio-first", "audio-last", "two-videos", "setup-active", "setup-passive"],
        "watches": ["video", "audio-first"],
        "answers": ["recvonly", "sendrecv"],
    },
    "pion": {
        "sends": ["video", "audio-first", "audio-last", "two-videos", "simulcast", "ice-lite", "h264-only"],
        "watches": ["video", "audio-first", "mdns"],
        "answers": ["setup-active", "setup-passive", "ice-lite", "mdns"],
    },
    "libdatachannel": {
        "sends": ["video", "data-first", "audio-first"],
        "watches": ["video", "tcp-too"],
        "answers": ["recvonly"],
    },
    "werift": {"sends": ["video", "audio-first", "audio-last"], "watches": ["video"], "answers": ["recvonly"]},
    "gstreamer": {
        "sends": ["video", "unbundled", "balanced", "audio-first"],
        "watches": ["video", "unbundled"],
        "answers": ["recvonly"],
    },
    "chromium": BROWSER,
    "firefox": BROWSER,
}
# What a peer calls the variant, where the file has another name for it.
PEERS_NAMES = {
    "video": "plain",
    "recvonly": "plain",
    "setup-active": "dtls-active",
    "setup-passive": "dtls-passive",
    "unbundled": "no-bundle",
}


def describe(command: list[str], role: str, variant: str) -> str | None:
    """The peer's description; None where it cannot give it."""
    given = json.dumps({"type": "offer", "sdp": OUR_OFFER}) + "\n" if role == "answers" else ""
    run = [*command, role, PEERS_NAMES.get(variant, variant), "/dev/null"]
    said = subprocess.run(run, input=given, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(said.splitlines()[0])["sdp"] if said else None


def main() -> None:
    for stack in sys.argv[1:]:
        prepared = subprocess.run([STACKS / "prepare", stack], stdout=subprocess.PIPE, text=True, check=True)
        command = prepared.stdout.splitlines()
        version = subprocess.run([*command, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
        name = version.strip().lower().replace(" ", "-")
        for role, variants in CAPTURED[stack.split("-")[0]].items():
            for variant in variants:
                sdp = describe(command, role, variant)
                if sdp is None:
                    print(f"{stack} has no {role} {variant}")
                    continue
                (HERE / f"{name}.{role}.{variant}.sdp").write_bytes(sdp.encode())


main()
