"""Which stack is tried in which role and variant, and what must come of it."""

from dataclasses import dataclass

# Up to 1.15 SCTP goes by the ICE role.
OLD_AIORTC = ("aiortc-1.14.0", "aiortc-1.13.0", "aiortc-1.9.0")
STACKS = [
    "aiortc-1.16.0",
    *OLD_AIORTC,
    "pion",
    "libdatachannel",
    "werift",
    "gstreamer",
    "chromium",
    "firefox",
]
# Which description the peer gives, and to which program of ours.
ROLES = {
    "answers": "answers our server",
    "watches": "offers to our server by WHEP",
    "sends": "offers to our client",
}
OFFERS = ("watches", "sends")
VARIANTS = {
    "plain": "video and a data channel, as the stack usually has them",
    "audio-first": "audio before the video",
    "audio-last": "audio behind the video",
    "two-videos": "a second video",
    "simulcast": "the video in three sizes",
    "no-bundle": "a transport for each section",
    "ice-lite": "the peer is ICE-lite",
    "mdns": "names instead of addresses",
    "no-candidates": "the peer names no address",
    "odd-candidates": "17 candidates that nobody can use",
    "ipv6": "our program has an IPv6 address only",
    "dtls-active": "the peer must be DTLS client",
    "dtls-passive": "the peer must be DTLS server",
    "channel-by-peer": "the peer that answers opens a channel of its own",
    "no-channel": "the data channel is rejected",
}
BROWSERS = {"chromium", "firefox"}


def is_aiortc(stack: str) -> bool:
    return stack.startswith("aiortc-")


def is_possible(stack: str, role: str, variant: str) -> bool:
    """Whether the stack can do it, and it is another case than the plain one."""
    offers, sends = role in OFFERS, role == "sends"
    match variant:
        case "audio-first" | "audio-last" | "two-videos":
            return offers
        case "simulcast":
            return sends and (stack in BROWSERS or stack == "pion")
        case "no-bundle":
            # The others put all on one transport before they know whether the other side can.
            return offers and (is_aiortc(stack) or stack in BROWSERS | {"gstreamer", "werift"})
        case "ice-lite":
            return stack == "pion"
        case "dtls-active" | "dtls-passive":
            # An answer is bound to the role that our offer leaves it.
            return offers or stack == "pion"
        case "channel-by-peer":
            return not offers
    return True


def cases(stack: str) -> list[tuple[str, str]]:
    return [(role, variant) for role in ROLES for variant in VARIANTS if is_possible(stack, role, variant)]


# What comes of a case: everything, video without a channel to report on, or nothing.
WORKS, VIDEO_ONLY, FAILS = "works", "video only", "fails"


@dataclass(frozen=True)
class Expected:
    """What must come of a case, and the line that must say why where it is not everything."""

    state: str
    # A regular expression; None where there is nothing to complain of.
    line: str | None
    # Whether everything may work as well: who comes first decides.
    is_race: bool = False


# Where not everything works: by stack, role and variant, where `*` is any of them. The first that fits counts.
EXCEPTIONS: list[tuple[tuple[str, str, str], Expected]] = [
    # A peer without a channel just watches, and is no client.
    (("*", "watches", "no-channel"), Expected(VIDEO_ONLY, None)),
    (("*", "sends", "no-channel"), Expected(VIDEO_ONLY, None)),
    # Our answer has one transport, that of the video; the channel's section is rejected.
    (("*", "watches", "no-bundle"), Expected(VIDEO_ONLY, "NoChannel: .* outside the video's bundle")),
    # Our client says so too, after the frames that a session is watched for.
    (("*", "sends", "no-bundle"), Expected(VIDEO_ONLY, None)),
    (("*", "answers", "no-channel"), Expected(VIDEO_ONLY, "NoChannel: the peer declined the data channel")),
    (("werift", "answers", "*"), Expected(VIDEO_ONLY, "NoChannel: .* does not begin SCTP")),
    # They begin SCTP and answer nobody who does; and we, as DTLS client, are the same.
    *(
        case
        for stack in ("werift", *OLD_AIORTC)
        for case in (
            ((stack, "watches", "dtls-passive"), Expected(VIDEO_ONLY, "NoChannel: .* has not opened it")),
            ((stack, "sends", "dtls-passive"), Expected(VIDEO_ONLY, None)),
        )
    ),
    # They number their channel by the ICE role, and so as we do ours. Who gets the other's second breaks off.
    *(
        ((stack, "answers", "channel-by-peer"), Expected(FAILS, "NoChannel: .* (same number|ended SCTP)", is_race=True))
        for stack in OLD_AIORTC
    ),
    # On a busy machine some reports never leave its transport.
    (("gstreamer", "sends", "*"), Expected(VIDEO_ONLY, None, is_race=True)),
    # It numbers its channel as a DTLS client does, which it is not: the same, but its video goes on.
    (("chromium", "answers", "channel-by-peer"), Expected(VIDEO_ONLY, "NoChannel: .* (same number|ended SCTP)", is_race=True)),
    # It says that it is DTLS client, and then goes by our offer, which has us as that.
    (("pion", "answers", "dtls-active"), Expected(FAILS, "DtlsFailed: the DTLS handshake failed")),
]


def expected(stack: str, role: str, variant: str) -> Expected:
    case = (stack, role, variant)
    for given, exception in EXCEPTIONS:
        if all(wanted in ("*", value) for wanted, value in zip(given, case, strict=True)):
            return exception
    return Expected(WORKS, None)


# For CI: each stack in each of its roles, and each variant at least once; the kind that found the most faults first.
SELECTION = {
    "aiortc-1.16.0": ["plain", "audio-first", "no-bundle", "answers-no-channel"],
    "aiortc-1.14.0": ["plain", "watches-dtls-passive"],
    "aiortc-1.13.0": ["plain", "sends-dtls-active"],
    "aiortc-1.9.0": ["plain", "sends-audio-first"],
    "pion": ["plain", "ice-lite", "sends-simulcast", "answers-dtls-active", "answers-dtls-passive"],
    "libdatachannel": ["plain", "no-candidates", "answers-channel-by-peer", "sends-two-videos"],
    "werift": ["answers-plain", "watches-plain", "sends-plain", "sends-no-channel"],
    "gstreamer": ["plain", "sends-audio-last", "sends-no-bundle", "watches-odd-candidates"],
    "chromium": ["plain", "watches-mdns", "watches-ipv6", "sends-audio-first"],
    "firefox": ["plain", "watches-mdns", "sends-simulcast"],
}


def is_selected(stack: str, role: str, variant: str) -> bool:
    return variant in SELECTION[stack] or f"{role}-{variant}" in SELECTION[stack]
