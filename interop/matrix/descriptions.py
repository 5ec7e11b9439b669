"""What a description of a peer becomes where a variant is about its text alone."""

import re
import uuid
from collections.abc import Callable

ODD_CANDIDATES = """\
1 1 udp 1 fe80::1%eth0 5000 typ host
2 1 udp 1 [2001:db8::1] 5000 typ host
3 1 udp 1 9d6d1d0c-0c4a-4a5b-8a0e-0f4f8f9d2c1b.local 5000 typ host
4 1 udp 1 peer.example.org 5000 typ host
5 1 tcp 1 192.0.2.1 9 typ host tcptype active
6 1 ssltcp 1 192.0.2.1 443 typ host
7 1 quic 1 192.0.2.1 5000 typ host
8 1 udp 4294967296 192.0.2.1 5000 typ host
9 1 udp -5 192.0.2.1 5000 typ host
10 1 udp 1 192.0.2.1 70000 typ host
11 1 udp 1 192.0.2.1 0 typ host
12 1 udp 1 192.0.2.1 5000 typ satellite
13 256 udp 1 192.0.2.1 5000 typ host
14 1 udp 1 192.0.2.1 5000
15
16 1 udp 1 192.0.2.1 5000 typ srflx raddr
17 1 UDP 1 ::ffff:192.0.2.1 5000 typ host generation 0
"""


def without_candidates(sdp: str) -> str:
    return re.sub(r"a=(candidate|end-of-candidates).*\r?\n", "", sdp)


def with_odd_candidates(sdp: str) -> str:
    lines = "".join(f"a=candidate:{line}\r\n" for line in ODD_CANDIDATES.splitlines())
    session, *sections = re.split(r"(?m)^(?=m=)", sdp)
    return session + "".join(re.sub(r"(?m)^(c=.*\n)", lambda found: found[1] + lines, section) for section in sections)


def with_names(sdp: str) -> str:
    return re.sub(r"(a=candidate:\S+ \d+ \S+ \d+) \S+", lambda found: f"{found[1]} {uuid.uuid4()}.local", sdp)


def without_bundle(sdp: str) -> str:
    return re.sub(r"a=(group:BUNDLE|bundle-only).*\r?\n", "", sdp)


def without_channel(sdp: str) -> str:
    mid = re.search(r"(?ms)^m=application .*?^a=mid:(\S+)", sdp)
    sdp = re.sub(r"(?m)^m=application \d+", "m=application 0", sdp)
    # A rejected section is in no bundle (RFC 9143, section 7.3).
    return re.sub(r"(?m)^(a=group:BUNDLE.*?) " + re.escape(mid[1]) + r"(?=\s)", r"\1", sdp) if mid else sdp


EDITS: dict[str, Callable[[str], str]] = {
    "no-candidates": without_candidates,
    "odd-candidates": with_odd_candidates,
    "mdns": with_names,
    "no-bundle": without_bundle,
    "dtls-active": lambda sdp: sdp.replace("a=setup:actpass", "a=setup:active"),
    "dtls-passive": lambda sdp: sdp.replace("a=setup:actpass", "a=setup:passive"),
    "no-channel": without_channel,
}


def edited(sdp: str, variant: str) -> str:
    """The description in that variant, as far as the peer has not written it so itself."""
    return EDITS.get(variant, lambda sdp: sdp)(sdp)
