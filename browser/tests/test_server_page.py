"""The server's page: numbers, charts, video over WebRTC, and pictures where there is no way for it."""

import pytest
from ball import distance, find
from harness import free_port, until
from page import PHONE
from programs import get, metric

# What a browser's detector of some lines is off by, at most; half of what the ball moves from frame to frame.
CLOSE = 4.5

# A browser without UDP: candidates would have to come from a relay, and there is none.
NO_UDP = """
const Real = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Real {
  constructor(settings) { super({ ...settings, iceTransportPolicy: "relay" }); }
};
"""


def facts(page, name: str) -> dict[str, str]:
    """The named numbers in the list with the id `name`."""
    value = "entry.querySelector('.value').textContent"
    script = f"return [...arguments[0].children].map((entry) => [entry.children[0].textContent, {value}])"
    return dict(page.run(script, page.element(name)))


def number(text: str) -> float:
    return float(text.replace(",", ""))


def frames_shown(page) -> float:
    return number(facts(page, "video-facts").get("frames shown", "0"))


def rows(page) -> dict[str, list[str]]:
    """The values of each client's row."""
    value = "(cell) => cell.querySelector('.value').textContent"
    script = f"return [...document.querySelectorAll('#clients tbody tr')].map((row) => [...row.cells].map({value}))"
    return {cells[0]: cells for cells in page.run(script)}


@pytest.fixture
def session(programs):
    """A server and two clients that report."""
    server = programs.server()
    clients = [programs.client(server.port) for _ in range(2)]
    server.until_counted(1, rows=2)
    return server, clients


@pytest.fixture
def without_udp(page):
    added = page.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": NO_UDP})
    yield
    page.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


def test_the_video_plays_and_whoever_watches_is_not_counted(session, page):
    server, _ = session
    page.open(server.http)
    page.until_text("video-state", "playing over WebRTC, not counted")
    earlier = until("frames", lambda: frames_shown(page))
    until("more frames", lambda: frames_shown(page) >= earlier + 30)
    until("the ball on the screen", lambda: find(page.element("video").screenshot_as_png).ball)
    page.screenshot("server")
    status = server.status()
    assert len(status["clients"]) == 2 and status["errors"] == []
    assert status["frames"]["lost"] == 0
    assert metric(server.http, "ballsession_video_viewers") == 1
    page.leave()
    until("the viewer has left", lambda: metric(server.http, "ballsession_video_viewers") == 0)
    until("the page is closed", lambda: metric(server.http, "ballsession_pages") == 0)


def test_the_numbers_are_those_of_status_and_the_charts_move(session, page):
    server, _ = session
    page.open(server.http)
    until("all rows", lambda: len(rows(page)) == 2)
    # The window ends three seconds ago: until then there is nothing in it.
    until("numbers of the window", lambda: all(cells[6] != "–" for cells in rows(page).values()))
    before = server.status()["frames"]["matched"]
    until("newer numbers", lambda: number(facts(page, "totals")["matched"]) > before)
    shown = rows(page)
    status = server.status()
    for row in status["clients"]:
        cells = shown[row["id"]]
        assert cells[1] == "Connected"
        matched, sent = (number(part) for part in cells[9].split(" of "))
        assert 0 < matched <= row["frames"]["matched"] and matched <= sent <= row["frames"]["sent"]
        assert number(cells[6]) < CLOSE
        assert cells[10] == f"{row['setupMilliseconds']['firstReport']:g}"
        server_end = row["path"]["remote"]
        assert cells[11] == f"host {server_end['address']}:{server_end['port']}"
        assert row["node"] in page.run("return document.querySelector('#clients tbody th').innerText")
    assert "2 clients connected" in page.text("standing")
    assert page.text("no-objectives") and not page.text("verdict")
    assert page.text("no-errors") == "none"

    # What came before the page was opened is in the charts, and what comes is added.
    points = lambda: page.run("return uPlot.sync('seconds').plots[0].data[0].length")  # noqa: E731
    earlier = points()
    until("a chart that moves", lambda: points() >= earlier + 2)
    assert "median" in page.element("latency-chart").get_attribute("aria-label")
    drawn = "return new Set(arguments[0].getContext('2d').getImageData(0, 0, 999, 999).data).size"
    until("a path", lambda: page.run(drawn, page.element("path")) > 3)


def test_a_browser_that_is_asked_to_counts_as_a_client(session, page):
    server, _ = session
    page.open(server.http)
    page.until_text("video-state", "not counted")
    page.element("video-count").click()
    page.until_text("video-state", "counted as a client")

    def browser() -> dict | None:
        found = [row for row in server.rows() if row["id"].startswith("browser-")]
        return found[0] if found and found[0]["frames"]["matched"] >= 60 else None

    row = until("60 matched frames of the browser", browser)
    assert row["errorPixels"]["p50"] < CLOSE and row["latencyMilliseconds"]["p50"] > 0
    page.element("video-toggle").click()
    until("the browser has ended", lambda: browser()["state"] == "Ended")
    assert server.status()["errors"] == []


def test_without_udp_pictures_are_shown_within_five_seconds(session, page, without_udp):
    server, _ = session
    page.open(server.http)
    page.until_text("video-state", "no UDP", within=5)
    assert "Pictures over HTTP" in page.text("video-state")
    seen = lambda: find(page.element("pictures").screenshot_as_png)  # noqa: E731
    first = until("a picture", lambda: picture if (picture := seen()).ball else None)
    until("another picture", lambda: (ball := seen().ball) and distance(ball, first.ball) > 2)
    until("the true position", lambda: seen().cross)
    page.screenshot("server-without-udp")
    assert metric(server.http, "ballsession_picture_viewers") == 1
    assert get(server.http, "/frame.png")[1].startswith(b"\x89PNG")
    page.element("video-toggle").click()
    until("nobody watches", lambda: metric(server.http, "ballsession_picture_viewers") == 0)
    assert server.status()["errors"] == []


def test_all_controls_are_reached_by_keyboard_and_keep_the_focus(session, page):
    server, _ = session
    page.open(server.http)
    page.until_text("video-state", "playing")
    focused = lambda: page.run("return document.activeElement.id")  # noqa: E731
    page.press("TAB")
    assert focused() == "video-toggle"
    page.press("SPACE")
    page.until_text("video-state", "stopped")
    matched = until("an update", lambda: facts(page, "totals").get("matched"))
    until("another update", lambda: facts(page, "totals")["matched"] != matched)
    assert focused() == "video-toggle"
    page.press("SPACE")
    page.until_text("video-state", "playing")
    page.press("TAB")
    assert focused() == "video-count"
    page.press("SPACE")
    page.until_text("video-state", "counted as a client")


def test_with_fifty_sessions_the_page_goes_on_and_answers(programs, page):
    server = programs.server()
    programs.load(server.port, 50)
    server.until_counted(30, rows=50)
    page.open(server.http)
    page.until_text("video-state", "playing")
    until("all rows", lambda: len(rows(page)) == 50)
    shown, matched = frames_shown(page), number(facts(page, "totals")["matched"])
    until("more video", lambda: frames_shown(page) >= shown + 30)
    until("newer numbers", lambda: number(facts(page, "totals")["matched"]) > matched + 50 * 30)
    page.element("video-toggle").click()
    page.until_text("video-state", "stopped", within=5)
    assert server.status()["errors"] == []


def test_the_page_says_that_the_server_is_gone_and_goes_on_with_the_next_one(programs, page):
    http = free_port()
    server = programs.server(http=http)
    page.expect_complaint("ERR_")
    # What it watched went with the server.
    page.expect_complaint("404")
    page.open(server.http)
    page.until_text("video-state", "playing")
    server.end()
    page.until_text("connection", "The server does not answer")

    server = programs.server(http=http)
    until("the page is back", lambda: metric(server.http, "ballsession_pages") == 1)
    until("the message is gone", lambda: page.text("connection") == "")
    until("video again", lambda: metric(server.http, "ballsession_video_viewers") == 1, within=60)
    page.until_text("video-state", "playing")
    earlier = frames_shown(page)
    until("frames", lambda: frames_shown(page) > earlier)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_phone_in_light_and_dark(session, page, scheme):
    server, _ = session
    page.resize(PHONE)
    page.prefer(scheme)
    page.open(server.http)
    page.until_text("video-state", "playing")
    until("all rows", lambda: len(rows(page)) == 2)
    assert not page.is_wider_than_its_window()
    red = page.run("return getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]")
    assert (int(red) > 128) == (scheme == "light")
    page.screenshot(f"server-phone-{scheme}")
