"""The table of cases: each fault, and the verdicts that are expected.

Clients are named a, b, c …; a fault of one client is b's, among eight e's. A case without reasons is a control:
nothing is wrong, or all of it is repaired, and the verdict must stay True.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from measure.programs import Video

from detection.faults import SERVER, Burn, Fault, Impair, Join, JoinPeer, Kill, Limit, Stop
from detection.outcome import Expected

OBJECTIVES = {
    "error-p95": "1",
    "latency-p95": "200ms",
    "loss": "1",
    "undetected": "1",
    "delivered": "95",
    "freeze": "1s",
    "setup-p95": "5s",
}
# For stalls that are shorter than a second.
STRICT = {"freeze": "300ms"}
VGA, HD = Video(640, 480, 30), Video(1280, 720, 60)

FREEZE = ("FreezeTooLong",)
# What a network that loses too much, or a program that has too little of the processor, may come to first.
THIN = ("LatencyTooHigh", "LossTooHigh", "DeliveredTooLow", "FreezeTooLong")
NO_MEDIA = ("NoMedia", "ClientsLost")


@dataclass(frozen=True)
class Case:
    """A fault, and the verdicts that are expected."""

    name: str
    fault: Fault
    expected: Expected
    clients: int = 2
    video: Video = VGA
    background: str = "plain"
    objectives: dict[str, str] = field(default_factory=dict)
    # Whether it needs the machine for itself.
    is_alone: bool = False

    def client_names(self) -> list[str]:
        return [chr(ord("a") + index) for index in range(self.clients)]

    def required(self) -> dict[str, str]:
        return {**OBJECTIVES, **self.objectives}


def cases(quiet_seconds: float) -> list[Case]:
    """All of them; in the last one nothing happens for so long."""
    kinds = (stops, limits, losses, holds, cuts, absences, false_reports, one_of_many)
    return [*(case for kind in kinds for case in kind()), *busy_core(quiet_seconds)]


def stops() -> Iterator[Case]:
    client = {"causes": ("ClientCpu",), "client": "b"}
    for seconds, objectives in ((0.5, STRICT), (1.0, STRICT), (2.0, {}), (5.0, {})):
        expected = Expected(FREEZE, also=("NoMedia",), **client)
        yield Case(f"client stopped for {seconds:g} s", Stop(who="b", seconds=seconds), expected, objectives=objectives)
    # Its session may be over before it goes on.
    expected = Expected(FREEZE, then="NoMedia", also=NO_MEDIA, **client)
    yield Case("client stopped for 8 s", Stop(who="b", seconds=8), expected)
    fault = Stop(who="b", seconds=0.6, times=3)
    yield Case("client stopped for 0.6 s, 3 times", fault, Expected(FREEZE, **client), objectives=STRICT)

    for seconds, objectives in ((0.5, STRICT), (2.0, {}), (5.0, {})):
        # Whoever was stopped for as long as makes a client one without media says that first.
        expected = Expected((*THIN, "NoMedia"), also=NO_MEDIA, causes=("ServerCpu",))
        fault = Stop(who=SERVER, seconds=seconds)
        yield Case(f"server stopped for {seconds:g} s", fault, expected, objectives=objectives)
    fault = Stop(who=SERVER, seconds=0.6, times=3)
    yield Case("server stopped for 0.6 s, 3 times", fault, Expected(FREEZE, causes=("ServerCpu",)), objectives=STRICT)


def limits() -> Iterator[Case]:
    def limited(who: str, millicores: int, video: Video, **expected: object) -> Case:
        name = f"{'server' if who == SERVER else 'client'} limited to {millicores}m, {video.name}"
        fault = Limit(who=(who,), millicores=millicores, seconds=12)
        return Case(name, fault, Expected(THIN, also=NO_MEDIA, **expected), video=video, is_alone=video is HD)

    for millicores, video in ((15, VGA), (20, VGA), (50, HD), (80, HD)):
        yield limited(SERVER, millicores, video, causes=("ServerCpu",))
    for millicores, video in ((10, VGA), (20, HD)):
        yield limited("b", millicores, video, causes=("ClientCpu",), client="b")
    fault = Limit(who=(SERVER, "a", "b"), millicores=200, seconds=12)
    yield Case("all limited to 200m, which is enough", fault, Expected())


def losses() -> Iterator[Case]:
    def lossy(name: str, expected: Expected, objectives: dict[str, str] | None = None, **directions: dict) -> Case:
        return Case(name, Impair(who="b", seconds=12, **directions), expected, objectives=objectives or {})

    network = {"causes": ("Network",), "client": "b"}
    repaired = Expected(counted=("packetsLost", "packetsRepaired"))
    for percent in (1, 3):
        loss = {"loss": percent / 100}
        yield lossy(f"{percent} % loss, which is repaired", repaired, to_client=loss, to_server=loss)
    for percent in (20, 30):
        loss = {"loss": percent / 100}
        expected = Expected(THIN, also=NO_MEDIA, **network)
        yield lossy(f"{percent} % loss", expected, STRICT, to_client=loss, to_server=loss)
    for percent, burst in ((10, 20), (20, 10)):
        loss = {"loss": percent / 100, "burst": burst}
        expected = Expected(THIN, also=NO_MEDIA, **network)
        yield lossy(f"{percent} % loss to the client, {burst} in a row", expected, STRICT, to_client=loss)
    yield lossy("15 % of the reports lost, which are repeated", Expected(), to_server={"loss": 0.15})
    expected = Expected(THIN, also=NO_MEDIA, **network)
    yield lossy("60 % of the reports lost", expected, to_server={"loss": 0.6})
    reordered = {"reordered": 0.2}
    yield lossy("20 % out of order, which is corrected", Expected(), to_client=reordered, to_server=reordered)
    late = {"delayMilliseconds": 150}
    yield lossy("0.3 s of delay", Expected(("LatencyTooHigh",), **network), to_client=late, to_server=late)
    fault = Impair(who="b", seconds=12, to_client={"largestBytes": 500})
    expected = Expected(THIN, also=NO_MEDIA, **network)
    yield Case("datagrams above 500 bytes lost", fault, expected, background="textured")


def holds() -> Iterator[Case]:
    held = {"isHeld": True}
    network = {"causes": ("Network",), "client": "b"}
    for seconds, objectives in ((0.5, STRICT), (2.0, {}), (5.0, {})):
        fault = Impair(who="b", seconds=seconds, to_client=held, to_server=held)
        expected = Expected(FREEZE, also=NO_MEDIA, **network)
        yield Case(f"network holds everything for {seconds:g} s", fault, expected, objectives=objectives)
    fault = Impair(who="b", seconds=0.3, times=3, to_client=held)
    expected = Expected(FREEZE, **network)
    yield Case("network holds media for 0.3 s, 3 times", fault, expected, objectives={"freeze": "200ms"})
    fault = Impair(who="b", seconds=0.9, times=3, to_client=held)
    yield Case("network holds media for 0.9 s, 3 times", fault, expected, objectives=STRICT)
    fault = Impair(who="b", seconds=2.5, to_server=held)
    yield Case("network holds reports for 2.5 s", fault, Expected(THIN, **network))


def cuts() -> Iterator[Case]:
    cut = {"loss": 1.0}
    network = {"causes": ("Network",), "client": "b"}
    lost = Expected(FREEZE, then="NoMedia", also=NO_MEDIA, **network)
    yield Case("nothing gets to the client for 8 s", Impair(who="b", seconds=8, to_client=cut), lost)
    yield Case("nothing gets to the server for 8 s", Impair(who="b", seconds=8, to_server=cut), lost)
    fault = Impair(who="b", seconds=3, to_client=cut, to_server=cut, holds_signalling=True)
    yield Case("network out for 3 s", fault, Expected(FREEZE, **network))
    fault = Impair(who="b", seconds=10, to_client=cut, to_server=cut, holds_signalling=True)
    expected = Expected(FREEZE, also=NO_MEDIA, then="NoMedia", **network)
    yield Case("network out for 10 s", fault, expected)


def absences() -> Iterator[Case]:
    # Once it is connected again it is one without media, until its first frame.
    expected = Expected((*FREEZE, "ClientsLost"), also=NO_MEDIA, then="ClientsLost", client="b")
    yield Case("one of three clients killed", Kill(who="b", seconds=10), expected, clients=3)
    blocked = {"toClient": {"loss": 1.0}, "toServer": {"loss": 1.0}}
    expected = Expected(("NoMedia",), causes=("Network",))
    yield Case("a client joins that UDP does not reach", Join(who="x", network=blocked, seconds=12), expected)
    late = {"delayMilliseconds": 800}
    fault = Join(who="x", network={"toClient": late, "toServer": late}, seconds=20)
    slow = ("NoMedia", "LatencyTooHigh", "SetupTooSlow")
    expected = Expected(slow, causes=("Network",))
    yield Case("a client joins over a network with 1.6 s of delay", fault, expected)
    expected = Expected(("LossTooHigh", "NoMedia"), client="load-0", has_node=False)
    yield Case("a peer joins that reports nothing", JoinPeer(claim="nothing", seconds=12), expected)


def false_reports() -> Iterator[Case]:
    def faulty(fault: str, reasons: tuple[str, ...], causes: tuple[str, ...]) -> Case:
        joining = Join(who="x", arguments=("--fault", fault), seconds=12)
        return Case(f"a client joins with --fault {fault}", joining, Expected(reasons, causes=causes, client="x"))

    def peer(name: str, claim: str, reasons: tuple[str, ...], causes: tuple[str, ...]) -> Case:
        expected = Expected(reasons, causes=causes, client="load-0", has_node=False)
        return Case(name, JoinPeer(claim=claim, seconds=12), expected)

    unknown, stalled = ("Unknown",), ("Unknown", "ClientCpu")
    yield faulty("offset=5px", ("ErrorTooHigh",), unknown)
    yield faulty("drop=5%", ("LossTooHigh", "DeliveredTooLow"), unknown)
    yield faulty("delay=300ms", ("LatencyTooHigh",), stalled)
    codec = ("Codec", "Unknown")
    # Frames come whole and in time and are not decoded.
    yield faulty("freeze=1500ms", THIN, (*stalled, "Codec"))
    yield peer("a peer joins that invents positions", "position", ("ErrorTooHigh",), codec)
    nothing = ("LossTooHigh", "NoMedia", "FreezeTooLong")
    yield peer("a peer joins that decodes nothing", "undecodable", nothing, ("Codec",))
    yield peer("a peer joins that sees a blank picture", "undetected", ("UndetectedTooHigh",), codec)
    replayed = ("LossTooHigh", "DeliveredTooLow", "NoMedia")
    yield peer("a peer joins that replays another session's timestamps", "replay", replayed, codec)


def one_of_many() -> Iterator[Case]:
    fault = Stop(who="e", seconds=1.5, times=2)
    expected = Expected(FREEZE, causes=("ClientCpu",), client="e")
    yield Case("one of 8 clients stopped for 1.5 s, twice", fault, expected, clients=8, is_alone=True)
    fault = Impair(who="e", seconds=12, to_client={"loss": 0.3}, to_server={"loss": 0.3})
    expected = Expected(THIN, also=NO_MEDIA, causes=("Network",), client="e")
    yield Case("30 % loss to one of 8 clients", fault, expected, clients=8, objectives=STRICT, is_alone=True)
    fault = Limit(who=("e",), millicores=20, seconds=12)
    expected = Expected(THIN, also=NO_MEDIA, causes=("ClientCpu",), client="e")
    yield Case(f"one of 8 clients limited to 20m, {HD.name}", fault, expected, clients=8, video=HD, is_alone=True)


def busy_core(seconds: float) -> Iterator[Case]:
    yield Case(f"{seconds / 60:g} minutes beside a busy core", Burn(seconds=seconds), Expected(), is_alone=True)


# One of each kind, over soon and side by side: a test.
SHORT = (
    "client stopped for 2 s",
    "nothing gets to the client for 8 s",
    "one of three clients killed",
    "a client joins with --fault offset=5px",
)
