"""What the operator's page says of all sessions: first the verdict, then between which nodes media works."""

import pytest
from harness import until
from kubernetes import condition, session
from page import PHONE
from selenium.webdriver.common.by import By

MET, MISSED, UNKNOWN = ("True", "Met"), ("False", "LossTooHigh"), ("Unknown", "Starting")


def client(name: str, node: str | None, loss: str = "0", latency: str | None = "6.42", state: str = "Connected") -> dict:
    """A row of a status."""
    row = {"id": name, "node": node, "state": state, "reconnects": 0, "lossPercent": loss, "deliveredPercent": "100"}
    row |= {"latencyMillisecondsP95": latency, "frames": {"sent": 900, "pending": 0, "matched": 900}}
    return {key: value for key, value in row.items() if value is not None}


def judged(name: str, node: str, verdict: tuple[str, str], clients: list[dict], judgement: str = "", **display: str) -> dict:
    """A session whose server is on a node, and what is said of its objectives."""
    met = condition("ObjectivesMet", *verdict) | {"message": judgement}
    shown = {"clients": f"{len(clients)}/{len(clients)}", "serverNode": node, "reason": "", **display}
    return session("media", name, conditions=[condition("Ready", "True", "Ready"), met], display=shown, clients=clients)


GOOD = judged("good", "worker-1", MET, [client("good-client-0", "worker-1"), client("good-client-1", "worker-10")])
LOSSY = judged(
    "lossy",
    "worker-1",
    MISSED,
    [client("lossy-client-1", "worker-2", "8.13", "412.4"), client("lossy-client-0", "worker-10")],
    "8.13 % lost, 1 % allowed (lossy-client-1 on worker-2; cause Network)",
    reason="LossTooHigh",
    cause="Network",
    message="loss above the 1 % that are allowed (lossy-client-1 on worker-2; cause Network)",
)
YOUNG = judged("young", "worker-2", UNKNOWN, [client("young-client-0", "worker-2", latency=None)], reason="Starting")


def worst(page) -> list[list[str]]:
    """The sessions to blame, as a reader sees them."""
    script = "return [...document.querySelectorAll('#verdict-worst li:not([hidden])')].map((item) => [...item.children].map((part) => part.innerText))"
    return page.run(script)


def nodes(page) -> tuple[list[str], dict[str, list[str]]]:
    """The head of the map, and its lines by the server's node: sign and number of each cell."""
    script = """
    const texts = (row) => [...row.cells].map((cell) => cell.innerText.trim().replace("\\n", " "));
    return [...document.querySelectorAll("#map tr")].map(texts);
    """
    head, *lines = page.run(script)
    return head[1:], {name: cells for name, *cells in lines}


def focused(page) -> str | None:
    return page.run("return document.activeElement.ariaLabel")


def until_mapped(page, *servers: str) -> None:
    until(f"a map of {servers}", lambda: list(nodes(page)[1]) == list(servers))


def test_the_verdict_leads_with_the_worst_session_and_who_decides(operator, page):
    program, kubernetes = operator(GOOD, YOUNG, LOSSY)
    page.open(program.http)
    assert page.run("return document.querySelector('main').firstElementChild.id") == "verdict"
    page.until_text("verdict-outcome", "Missed")
    assert (page.text("verdict-sign"), page.text("verdict-count")) == ("✕", "1 of 3 sessions")
    assert page.driver.title == "✕ Missed: 1 of 3 sessions – BallSession"
    assert worst(page) == [
        [
            "media/lossy",
            "Missed: LossTooHigh",
            "decided by lossy-client-1 on worker-2, cause Network",
            "loss above the 1 % that are allowed",
        ],
        ["media/young", "Inconclusive: Starting", "", ""],
    ]
    # One of them is looked at alone, by keyboard too.
    page.run("document.querySelector('#verdict-worst button').focus()")
    page.press("ENTER")
    until("its row alone", lambda: page.text("matches") == "1 of 3 match")
    until_mapped(page, "worker-1")
    page.element("filter").clear()
    kubernetes.change("DELETED", LOSSY)
    page.until_text("verdict-outcome", "Inconclusive")
    kubernetes.change("DELETED", YOUNG)
    page.until_text("verdict-outcome", "Met")
    assert (page.text("verdict-count"), worst(page)) == ("1 of 1 session", [])
    kubernetes.change("DELETED", GOOD)
    until("no verdict on nothing", lambda: page.text("verdict") == "" and page.text("nodes") == "")


def test_the_worst_sessions_are_first_by_what_they_miss(operator, page):
    def broken(name: str, reason: str, ready: str = "True") -> dict:
        conditions = [condition("Ready", ready, "Ready"), condition("ObjectivesMet", "False", reason)]
        return session("media", name, conditions=conditions)

    at_rest = session("media", "a", conditions=[condition("Ready", "True", "Suspended"), condition("ObjectivesMet", "Unknown", "Suspended")])
    waiting = session("media", "b", conditions=[condition("Ready", "False", "Unschedulable")])
    missed = [broken("c", "SetupTooSlow"), broken("d", "NoMedia"), broken("e", "FromTheFuture"), broken("f", "SetupTooSlow", "False")]
    program, _ = operator(at_rest, YOUNG, GOOD, waiting, *missed)
    page.open(program.http)
    names = "return [...document.querySelectorAll('#sessions tr')].map((row) => row.cells[1].innerText)"
    until("all rows", lambda: len(page.run(names)) == 8)
    assert page.run(names) == ["f", "d", "c", "e", "b", "young", "good", "a"]
    assert page.text("verdict-count") == "4 of 8 sessions"
    assert [entry[0] for entry in worst(page)] == [f"media/{name}" for name in "fdceb"]
    assert page.text("verdict-more") == "and 1 more in the table"
    # Who wants the best first gets that.
    page.driver.find_element(By.CSS_SELECTOR, "th[data-key=met] button").click()
    assert page.run(names)[0] == "a"


def test_the_map_shows_the_worst_client_between_each_two_nodes(operator, page):
    program, _ = operator(GOOD, LOSSY, YOUNG)
    page.open(program.http)
    until_mapped(page, "worker-1", "worker-2")
    head, lines = nodes(page)
    # Numbers in names count as numbers.
    assert head == ["worker-1", "worker-2", "worker-10"]
    assert lines == {"worker-1": ["✓ 6.42 ms", "✕ 412 ms", "✓ 6.42 ms"], "worker-2": ["", "?", ""]}
    labels = page.run("return [...document.querySelectorAll('#map td')].map((cell) => cell.ariaLabel)")
    assert labels[1] == (
        "server on worker-1, client on worker-2: missed, 1 client, latency p95 up to 412 ms, loss up to 8.13 %; "
        "media/lossy, lossy-client-1, missed, Connected, latency p95 412 ms, loss 8.13 %"
    )
    # The other client of the missed session has its own numbers, which are good.
    assert "2 clients" in labels[2] and "missed" not in labels[2]
    assert labels[3] == "server on worker-2, client on worker-1: no client"


def test_the_map_is_gone_through_by_keyboard(operator, page):
    program, kubernetes = operator(GOOD, LOSSY, YOUNG)
    page.open(program.http)
    until_mapped(page, "worker-1", "worker-2")
    stops = "return document.querySelectorAll('#map td[tabindex=\"0\"]').length"
    assert page.run(stops) == 1
    page.run("document.querySelector('#map td').focus()")
    for key, pair in [
        ("ARROW_RIGHT", "worker-1, client on worker-2"),
        ("ARROW_DOWN", "worker-2, client on worker-2"),
        ("ARROW_DOWN", "worker-2, client on worker-2"),
        ("END", "worker-2, client on worker-10"),
        ("ARROW_LEFT", "worker-2, client on worker-2"),
        ("ARROW_UP", "worker-1, client on worker-2"),
        ("HOME", "worker-1, client on worker-1"),
        ("ARROW_LEFT", "worker-1, client on worker-1"),
        ("ARROW_RIGHT", "worker-1, client on worker-2"),
    ]:
        page.press(key)
        assert focused(page).startswith(f"server on {pair}:"), key
        assert page.text("pair-title").startswith(f"server on {pair}:")
    assert page.run(stops) == 1
    assert page.text("pair-clients") == "media/lossy, lossy-client-1, missed, Connected, latency p95 412 ms, loss 8.13 %"
    # The focus stays on its pair, whatever comes beside it.
    kubernetes.change("ADDED", judged("other", "worker-0", MET, [client("other-client-0", "worker-0")]))
    until_mapped(page, "worker-0", "worker-1", "worker-2")
    assert focused(page).startswith("server on worker-1, client on worker-2:")
    assert page.run(stops) == 1


def test_clients_that_have_no_place_in_the_map_are_counted(operator, page):
    many = judged("many", "worker-1", MET, [client("many-client-0", "worker-1"), client("many-client-1", None)])
    many["status"]["display"]["clients"] = "50/50"
    program, _ = operator(many)
    page.open(program.http)
    until_mapped(page, "worker-1")
    notes = page.text("map-omitted")
    assert "a node is not known: 1." in notes
    assert "Clients without numbers of their own: 48;" in notes


def test_of_very_many_nodes_the_worst_are_shown(operator, page):
    def on(number: int) -> dict:
        verdict = MISSED if number == 57 else MET
        return judged(f"s{number}", f"worker-{number}", verdict, [client(f"s{number}-client-0", f"worker-{number}")])

    program, _ = operator(*(on(number) for number in range(60)))
    page.open(program.http)
    until("a map", lambda: len(nodes(page)[0]) == 24)
    head, lines = nodes(page)
    assert len(lines) == 24 and head[-1] == "worker-57" and lines["worker-57"][-1] == "✕"
    assert "36 further nodes with servers and 36 with clients are left out" in page.text("map-omitted")
    assert not page.is_wider_than_its_window()
    page.element("filter").send_keys("worker-42")
    until_mapped(page, "worker-42")
    assert page.text("map-omitted") == ""


def test_a_verdict_of_an_operator_that_is_gone_does_not_look_like_one(operator, page):
    program, _ = operator(GOOD)
    page.open(program.http)
    page.until_text("verdict-outcome", "Met")
    page.expect_complaint("/status")
    program.end()
    page.until_text("verdict-outcome", "Unknown, last Met")
    assert page.text("verdict-sign") == "?" and page.driver.title.startswith("? ")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_looked_at_with_fifty_clients_and_on_a_phone(operator, page, scheme):
    spread = [f"ip-10-0-{number}-17.eu-central-1.compute.internal" for number in range(10)]

    def on(number: int) -> dict:
        """Five clients each, on every other node."""
        clients = [client(f"mesh-{number}-client-{index}", spread[(number + 2 * index) % 10], latency=f"{3 + index * 1.7:.3}") for index in range(5)]
        return judged(f"mesh-{number}", spread[number], MET, clients)

    program, _ = operator(*(on(number) for number in range(10)), LOSSY, YOUNG)
    page.prefer(scheme)
    page.open(program.http)
    until("a map", lambda: len(nodes(page)[0]) == 12)
    page.run("document.querySelector('#map td.missed').focus()")
    assert "missed" in page.text("pair-title")
    # What is said of a cell stays in sight, and does not cover it.
    at_cell = """
    const place = document.activeElement.getBoundingClientRect();
    const found = document.elementFromPoint(place.x + place.width / 2, place.bottom - 2);
    return document.activeElement.contains(found) && document.getElementById("pair").getBoundingClientRect().bottom <= innerHeight;
    """
    assert page.run(at_cell)
    assert not page.is_wider_than_its_window()
    page.screenshot(f"operator-map-{scheme}")
    page.resize(PHONE)
    assert not page.is_wider_than_its_window()
    page.screenshot(f"operator-map-phone-{scheme}")
