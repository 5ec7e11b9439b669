"""What the server's page says of a session: first the verdict, then how each number and each client stands by it."""

import pytest
from harness import until
from page import DESKTOP, PHONE
from recorded import BREAK, MET, OBJECTIVES, SEND, SOURCE, Script, frames, numbers, row, update

LOST = row(
    "demo-client-1",
    {"deliveredPercent": 71.0, "lossPercent": None, "longestFreezeMilliseconds": 17200.0},
    node="worker-7",
    state="Lost",
    openGapMilliseconds=17200.0,
    cause="Unknown",
)
LOSSY = row(
    "demo-client-3",
    {"lossPercent": 8.13, "deliveredPercent": 94.2},
    node="worker-2",
    frames=frames(1800, lost=130, late=16),
    cause="Network",
    network={"packetsSent": 9000, "packetsLost": 812, "packetsGivenUp": 140},
)
MISSED = {
    "met": False,
    "reason": "ClientsLost",
    "message": "not connected for 17.2 s, 5 s allowed (demo-client-1 on worker-7; cause Unknown); "
    "8.13 % lost, 1 % allowed (demo-client-3 on worker-2; cause Network)",
    "client": "demo-client-1",
    "node": "worker-7",
    "cause": "Unknown",
}
STARTING = {"met": None, "reason": "Starting", "message": "demo-client-1 has no media yet", "client": None, "node": None}
# Of the colour that limits are drawn in, in a chart.
PIXELS = """
const probe = document.createElement("span");
probe.style.color = "var(--bad)";
document.body.append(probe);
const wanted = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
probe.remove();
const canvas = document.querySelector(`#${arguments[0]} canvas`);
const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
let found = 0;
for (let at = 0; at < data.length; at += 4) {
  found += data[at + 3] > 200 && wanted.every((part, index) => Math.abs(data[at + index] - part) < 8);
}
return found;
"""


@pytest.fixture
def show(programs, page):
    """Shows the page of a server that sends what the test says; again and again, as a server does not stop."""
    source = Script(page.driver, SOURCE)
    page.open(programs.server().http)
    until("the page listens", lambda: page.run("return window.source !== undefined"))
    page.run(SEND, "past", {"points": []})
    yield lambda sent: page.run(SEND, "update", sent)
    source.remove()


def rows(page) -> dict[str, list[str]]:
    """What a reader sees of each client's row, in order."""
    script = "return [...document.querySelectorAll('#clients tbody tr')].map((row) => [...row.cells].map((c) => c.innerText.trim()))"
    return {cells[0].split("\n")[0]: cells for cells in page.run(script)}


def breaches(page, name: str) -> dict[str, str]:
    """The columns in which a client's row is marked, and what the mark says to those who do not see it."""
    script = """
    const row = [...document.querySelectorAll("#clients tbody tr")].find((row) => row.cells[0].innerText.startsWith(arguments[0]));
    const marked = [...row.cells].filter((cell) => cell.querySelector("[role=img]"));
    return marked.map((cell) => [cell.dataset.label, cell.querySelector("[role=img]").ariaLabel]);
    """
    return dict(page.run(script, name))


def test_a_missed_verdict_leads_with_reason_client_node_and_cause(show, page):
    show(update([row("demo-client-0"), LOST, LOSSY], objectives=OBJECTIVES, verdict=MISSED))
    assert page.run("return document.querySelector('main').firstElementChild.id") == "verdict"
    assert page.text("verdict-outcome") == "Missed"
    assert page.text("verdict-reason") == "ClientsLost"
    assert page.text("verdict-message").split("\n") == [
        "not connected for 17.2 s, 5 s allowed (demo-client-1 on worker-7; cause Unknown)",
        "8.13 % lost, 1 % allowed (demo-client-3 on worker-2; cause Network)",
    ]
    assert (page.text("verdict-client"), page.text("verdict-node")) == ("demo-client-1", "worker-7")
    assert page.text("verdict-cause") == "Unknown: the evidence does not say"
    assert page.driver.title.startswith("✕ Missed: ClientsLost")
    assert page.text("no-objectives") == ""


def test_met_and_inconclusive_differ_by_more_than_colour(show, page):
    show(update([row("demo-client-0")], objectives=OBJECTIVES, verdict=MET))
    assert (page.text("verdict-sign"), page.text("verdict-outcome"), page.text("verdict-reason")) == ("✓", "Met", "")
    assert page.text("verdict-client") == page.text("verdict-cause") == ""
    assert page.driver.title.startswith("✓ Met")
    show(update([row("demo-client-0")], objectives=OBJECTIVES, verdict=STARTING))
    assert page.text("verdict-sign") == "?"
    assert (page.text("verdict-outcome"), page.text("verdict-reason")) == ("Inconclusive", "Starting")
    assert page.text("verdict-message") == "demo-client-1 has no media yet"


def test_where_nothing_was_asked_for_one_quiet_line_says_so(show, page):
    show(update([row("demo-client-0", {"lossPercent": 40.0})]))
    assert page.text("verdict") == ""
    assert page.text("no-objectives").startswith("No objectives were asked for")
    assert "\n" not in page.text("no-objectives")
    assert breaches(page, "demo-client-0") == {}
    assert page.text("error-limit") == page.text("latency-limit") == ""


def test_a_verdict_that_nobody_stands_for_any_more_does_not_look_like_one(show, page):
    met = update([row("demo-client-0")], objectives=OBJECTIVES, verdict=MET)
    show(met)
    page.run(BREAK)
    page.until_text("connection", "The server does not answer")
    assert page.text("verdict-outcome") == "Unknown, last Met"
    assert page.text("verdict-sign") == "?" and page.driver.title.startswith("? ")
    assert page.text("verdict-message").startswith("As of ")
    show(met)
    assert page.text("verdict-outcome") == "Met" and page.text("connection") == ""
    # A server that is stopped keeps its connections, and says nothing.
    page.until_text("connection", "Nothing has come from the server for 5 s", within=10)
    assert page.text("verdict-outcome") == "Unknown, last Met"


def test_what_is_asked_for_is_a_line_in_the_charts(show, page):
    # Only tests read a chart again and again.
    page.expect_complaint("willReadFrequently")
    show(update([row("demo-client-0")]))
    without = page.run(PIXELS, "latency-chart")
    near = update([row("demo-client-0")], objectives=OBJECTIVES | {"latencyMillisecondsP95": 10}, verdict=MET)
    show(near)
    assert page.text("latency-limit") == "asked: p95 at most 10 ms"
    assert "asked: p95 at most 10 ms" in page.element("latency-chart").get_attribute("aria-label")
    until("the line", lambda: page.run(PIXELS, "latency-chart") > without + 200)
    # A limit that is far above the numbers would press them flat: it is at the upper edge then.
    show(update([row("demo-client-0")], objectives=OBJECTIVES, verdict=MET))
    assert page.text("error-limit") == "asked: p95 at most 1 px"
    until("the other line", lambda: page.run(PIXELS, "latency-chart") > without + 200)
    assert page.run("return uPlot.sync('seconds').plots[1].scales.y.max") < 20


def test_the_worst_rows_are_first_and_say_what_they_break(show, page):
    starting = row("demo-client-8", state="Connecting", frames=frames(0))
    ended = row("laptop", {"lossPercent": 50.0}, state="Ended")
    broken = row("attempt", state="Failed", frames=frames(0))
    slow = row("demo-client-4", {"latencyMillisecondsP95": 210.0})
    clients = [ended, row("demo-client-0"), slow, broken, LOSSY, starting, row("demo-client-2"), LOST]
    show(update(clients, objectives=OBJECTIVES, verdict=MISSED))
    assert list(rows(page)) == [
        "demo-client-1",
        "demo-client-8",
        "demo-client-3",
        "demo-client-4",
        "attempt",
        "demo-client-0",
        "demo-client-2",
        "laptop",
    ]
    assert "decides the verdict" in rows(page)["demo-client-1"][0]
    assert rows(page)["demo-client-1"][1] == "Lost\nno frame for 17.2 s"
    assert breaches(page, "demo-client-1") == {
        "delivered %": "breach: at least 95 % asked for",
        "longest freeze, ms": "breach: at most 1000 ms asked for",
    }
    assert set(breaches(page, "demo-client-3")) == {"delivered %", "loss %"}
    assert set(breaches(page, "demo-client-4")) == {"latency p95, ms"}
    # It has ended: nobody wants anything of it any more.
    assert breaches(page, "laptop") == breaches(page, "demo-client-0") == {}
    lossy = rows(page)["demo-client-3"]
    assert lossy[0] == "demo-client-3\nworker-2 in a"
    assert lossy[2] == "Network\n812 packets lost, 140 given up"
    # Where nothing is wrong, there is nothing to have a cause.
    assert rows(page)["demo-client-0"][2] == rows(page)["laptop"][2] == ""
    # Readable without colours, too; below it the whole run's.
    assert lossy[3:5] == ["✕94.2\nrun 100", "✕8.13\nrun 0"]
    assert lossy[9] == "1,654 of 1,800\n130 lost, 16 late"


def test_a_freeze_that_is_still_open_counts_and_little_data_does_not(show, page):
    frozen = row("frozen", {"wantedSeconds": 2.0, "lossPercent": 30.0}, openGapMilliseconds=2070.0)
    frozen["recent"]["longestFreezeMilliseconds"] = 2070.0
    foreign = row("foreign", pairing="arrival", pairingMilliseconds=120.0, freezesFrom="arrivals", zone=None)
    show(update([foreign, frozen], objectives=OBJECTIVES, verdict=MISSED | {"client": "frozen"}))
    # Its loss is of two seconds only.
    assert set(breaches(page, "frozen")) == {"longest freeze, ms"}
    assert rows(page)["frozen"][8] == "✕2070\nopen for 2.1 s\nrun 21.4"
    assert "from arrivals" in rows(page)["foreign"][8]
    assert "paired by arrival, 120 ms" in rows(page)["foreign"][0]


def test_rows_that_are_folded_away_are_counted(show, page):
    """L9: nothing said that 24 of 40 clients had no row any more."""
    show(update([row("demo-client-0")], rowsOmitted=24))
    assert page.text("rows-omitted") == "and 24 more, in the totals"
    show(update([row("demo-client-0")], rowsOmitted=0))
    assert page.text("rows-omitted") == ""


def test_the_numbers_of_all_say_what_is_asked_and_who_is_worst(show, page):
    recent = numbers(windowSeconds=60.0, deliveredPercent=97.2, lossPercent=0.9)
    network = {"packetsSent": 81231, "packetsLost": 912, "roundTripTimeMilliseconds": 41.2}
    show(update([row("demo-client-0"), LOSSY], objectives=OBJECTIVES, verdict=MISSED, recent=recent, network=network))
    assert page.text("window-title") == "All clients, last 60 s"
    script = "return [...document.querySelectorAll(`#${arguments[0]} > div`)].map((entry) => entry.innerText.split('\\n'))"
    shown = {name: values for name, *values in page.run(script, "window")}
    # All together are within it, one client is not.
    assert shown["loss %"] == ["0.9", "✕worst: 8.13, demo-client-3", "asked: ≤ 1 %"]
    assert shown["delivered %"] == ["97.2", "✕worst: 94.2, demo-client-3", "asked: ≥ 95 %"]
    assert shown["undetected %"] == ["0", "asked: ≤ 1 %"]
    assert shown["latency p95, ms"][-1] == "p50: 2.31 = server 0.4 + network 0.3 + client 1.6"
    assert page.run(script, "network")[:2] == [["packets sent", "81,231"], ["lost before repair", "912"]]
    assert "report 4711" in page.text("standing")
    recent |= {"lossPercent": 4.1, "deliveredPercent": 94.0}
    show(update([row("demo-client-0")], objectives=OBJECTIVES, verdict=MISSED, recent=recent))
    shown = {name: values for name, *values in page.run(script, "window")}
    assert [shown[name][0] for name in ("delivered %", "loss %", "undetected %")] == ["✕94", "✕4.1", "0"]
    # Only what the server says has a place.
    assert page.text("processor-part") == ""


def candidate(kind: str, address: str, port: int) -> dict:
    return {"candidateType": kind, "address": address, "port": port, "protocol": "udp"}


def test_each_client_has_the_way_that_its_media_takes_and_how_large_packets_may_be(show, page):
    pod, node = candidate("host", "10.244.2.10", 57076), candidate("host", "172.18.0.3", 30082)
    relayed, ipv6 = candidate("relay", "192.0.2.7", 50000), candidate("prflx", "2001:db8::7", 40112)
    clients = [
        row("demo-client-0", path={"local": pod, "remote": node}, pathMtu={"toClient": 1450, "toServer": 1450}),
        # As the server sees it, where the client says nothing.
        row("demo-client-1", serverPath={"local": node, "remote": relayed}, pathMtu={"toClient": 1200, "largestPacket": 1264}),
        row("demo-client-2", path={"local": ipv6, "remote": candidate("host", "2001:db8::1", 8082)}),
        row("demo-client-3"),
    ]
    show(update(clients))
    shown = {name: cells[11].split("\n") for name, cells in rows(page).items()}
    assert shown == {
        "demo-client-0": ["host 172.18.0.3:30082", "from host 10.244.2.10:57076", "MTU 1450"],
        "demo-client-1": ["host 172.18.0.3:30082", "from relay 192.0.2.7:50000", "MTU 1200 to it, – back"],
        "demo-client-2": ["host [2001:db8::1]:8082", "from prflx [2001:db8::7]:40112"],
        "demo-client-3": [""],
    }
    page.run("document.querySelector('#clients').scrollIntoView()")
    page.screenshot("server-paths")
    # What is gone is not said of the next one in its place.
    show(update([row("demo-client-0")]))
    assert rows(page)["demo-client-0"][11] == ""


def test_a_recovery_is_shown_and_judged_where_there_was_one(show, page):
    is_shown = "return getComputedStyle(document.querySelector('#clients td:nth-child(13)')).display !== 'none'"
    names = "return [...document.querySelectorAll('#window dt')].map((name) => name.textContent)"
    show(update([row("demo-client-0")], objectives=OBJECTIVES, verdict=MET))
    assert not page.run(is_shown)
    assert "recovery, ms" not in page.run(names)
    clients = [
        row("demo-client-0", recoveryMilliseconds=1980.0, lostFrames=59),
        row("demo-client-1", recoveryMilliseconds=12310.0, lostFrames=369),
    ]
    asked = OBJECTIVES | {"recoveryMilliseconds": 10000}
    verdict = MISSED | {"reason": "RecoveryTooSlow", "message": ""}
    show(update(clients, objectives=asked, verdict=verdict, recoveryMilliseconds=12310.0, lostFrames=428))
    assert page.run(is_shown)
    assert page.run(names)[-1] == "recovery, ms"
    below = "return document.querySelector('#window > :last-child').innerText"
    assert "✕12310" in page.run(below) and "asked: ≤ 10000 ms\nframes missed: 428" in page.run(below)
    assert rows(page)["demo-client-0"][12] == "1980\n59 frames missed"
    assert breaches(page, "demo-client-1") == {"recovery, ms": "breach: at most 10000 ms asked for"}
    assert breaches(page, "demo-client-0") == {}
    page.screenshot("server-recovery")
    page.resize(PHONE)
    assert not page.is_wider_than_its_window()


def test_a_server_of_the_version_before_is_still_shown(show, page):
    known = ("id", "node", "state", "pairing", "pairingMilliseconds", "reconnects", "setupMilliseconds", "frames", "lossPercent")
    known += ("errorPixels", "latencyMilliseconds", "freezes")
    old = {key: value for key, value in row("demo-client-0").items() if key in known}
    sent = update([old])
    for group in (sent["summary"], sent["summary"]["recent"]):
        for key in ("sequence", "rowsOmitted", "undetectedPercent", "deliveredPercent", "latencySplit", "gaps"):
            group.pop(key, None)
    sent["summary"]["recent"].pop("setupMilliseconds")
    show(sent)
    cells = rows(page)["demo-client-0"]
    assert cells[1:9] == ["Connected", "", "–", "0", "–", "0.0112", "6.42", "21.4"]
    assert "report" not in page.text("standing")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_a_card_for_each_client(show, page, scheme):
    page.prefer(scheme)
    shown = update([row("demo-client-0"), LOST, LOSSY], objectives=OBJECTIVES, verdict=MISSED, rowsOmitted=24)
    show(shown)
    page.screenshot(f"verdict-{scheme}")
    page.resize(PHONE)
    assert not page.is_wider_than_its_window()
    # Nothing in the table is out of reach either.
    scroll = "const box = document.querySelector('#clients').parentElement; return box.scrollWidth - box.clientWidth"
    assert page.run(scroll) <= 0
    label = "return getComputedStyle(document.querySelector('#clients td:nth-child(5)'), '::before').content"
    assert page.run(label) == '"loss %"'
    page.screenshot(f"verdict-phone-{scheme}")


def fifty() -> list[dict]:
    """As many clients on ten nodes: one is lost, those of one node lose frames, one is slow, and one is just coming."""
    clients = []
    for number in range(50):
        node = f"worker-{number % 10 + 1}"
        if number == 17:
            lately = {"deliveredPercent": 71.0, "longestFreezeMilliseconds": 17200.0}
            clients.append(row("demo-client-17", lately, node=node, state="Lost", openGapMilliseconds=17200.0, cause="Unknown"))
        elif number % 10 == 3:
            clients.append(row(f"demo-client-{number}", {"lossPercent": round(2.4 + number / 10, 1), "deliveredPercent": 94.2}, node=node, cause="Network"))
        elif number == 30:
            clients.append(row("demo-client-30", {"latencyMillisecondsP95": 412.0}, node=node, cause="ClientCpu"))
        elif number == 49:
            nothing = dict.fromkeys(("lossPercent", "undetectedPercent", "deliveredPercent", "errorPixelsP95", "latencyMillisecondsP95"))
            clients.append(row("demo-client-49", nothing, state="Connecting", frames=frames(0), node=node, cause=None))
        else:
            clients.append(row(f"demo-client-{number}", {"latencyMillisecondsP95": round(4 + number / 10, 1)}, node=node))
    return clients


@pytest.mark.parametrize(("scheme", "size"), [("light", DESKTOP), ("dark", DESKTOP), ("light", PHONE)])
def test_fifty_clients_are_all_there_the_worst_first(show, page, scheme, size):
    page.prefer(scheme)
    page.resize(size)
    message = MISSED["message"].replace("demo-client-1 on worker-7", "demo-client-17 on worker-8").replace("8.13", "6.7")
    verdict = MISSED | {"client": "demo-client-17", "node": "worker-8", "message": message.replace("client-3 on worker-2", "client-43 on worker-4")}
    recent = numbers(windowSeconds=60.0, deliveredPercent=98.8, lossPercent=0.47)
    show(update(fifty(), objectives=OBJECTIVES, verdict=verdict, recent=recent))
    shown = list(rows(page))
    assert len(shown) == 50
    assert shown[0] == "demo-client-17"
    assert set(shown[1:8]) == {"demo-client-49", "demo-client-30", *(f"demo-client-{number}" for number in range(3, 50, 10))}
    assert not page.is_wider_than_its_window()
    page.screenshot(f"fifty-{scheme}-{size[0]}")
    page.run("document.querySelector('#clients').scrollIntoView()")
    page.screenshot(f"fifty-clients-{scheme}-{size[0]}")


def test_the_verdict_of_a_session_is_that_of_its_status(programs, page):
    server = programs.server("--require=error-p95=0.000001,frames=30")
    client = programs.client(server.port)
    page.open(server.http)
    page.until_text("verdict-reason", "ErrorTooHigh")
    verdict = server.status()["verdict"]
    assert (verdict["met"], verdict["reason"], verdict["client"]) == (False, "ErrorTooHigh", client.name)
    assert page.text("verdict-outcome") == "Missed"
    assert (page.text("verdict-client"), page.text("verdict-node")) == (client.name, verdict["node"])
    assert page.text("verdict-cause").startswith(verdict["cause"])
    asked = {"error p95, px": "breach: at most 0.000001 px asked for"}
    until("the mark", lambda: breaches(page, client.name) == asked)


def test_a_client_that_is_killed_is_named_within_seconds(programs, page):
    server = programs.server("--require=loss=50,frames=60")
    clients = [programs.client(server.port) for _ in range(2)]
    page.open(server.http)
    page.until_text("verdict-outcome", "Met")
    clients[1].end()
    page.until_text("verdict-outcome", "Missed", within=12)
    # A connection without anything on it is one for some seconds yet.
    assert page.text("verdict-reason") in ("NoMedia", "ClientsLost")
    assert page.text("verdict-client") == clients[1].name
    assert next(iter(rows(page))) == clients[1].name
    page.screenshot("server-client-lost")
