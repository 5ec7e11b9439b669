"""The client's page, and the pictures that it is made of."""

import http.client
import signal

import pytest
from ball import distance, find
from harness import free_port, until
from page import PHONE
from programs import get
from recorded import STATUS, Script, stats

# Edges that a codec blurred, pixels halved in colour, a cross on whole pixels: what is seen may be off by that.
NEAR = 1.0
VIEWERS = 10


class Viewer:
    """Somebody who watches the live stream, or was refused."""

    def __init__(self, address: str) -> None:
        self.connection = http.client.HTTPConnection(address, timeout=10)
        self.connection.request("GET", "/live")
        self.response = self.connection.getresponse()

    def until_picture(self) -> None:
        """Waits for a picture: what separates it from the next one."""
        separator = b"--picture"
        for _ in range(2):
            while not self.response.readline().startswith(separator):
                assert not self.response.isclosed()

    def leave(self) -> None:
        self.response.close()
        self.connection.close()


@pytest.fixture
def watch():
    viewers = []

    def watch(client) -> Viewer:
        viewers.append(Viewer(client.http))
        return viewers[-1]

    yield watch
    for viewer in viewers:
        viewer.leave()


def shown(page):
    """What a reader sees of the live picture."""
    return find(page.element("picture").screenshot_as_png)


def until_ball_shown(page, elsewhere_than=None):
    """Waits until a reader sees the ball with its cross: what is seen. From one picture to the next it rolls 54 pixels."""

    def ball():
        seen = shown(page)
        is_there = seen.ball and seen.cross
        return seen if is_there and not (elsewhere_than and distance(seen.ball, elsewhere_than.ball) < 10) else None

    return until("the ball in the page", ball)


def test_the_live_picture_moves_and_the_cross_stays_on_the_ball(programs, page):
    _, client = programs.pair()
    page.open(client.http)
    seen = until_ball_shown(page)
    for _ in range(5):
        assert distance(seen.ball, seen.cross) < NEAR * seen.size[0] / 640, seen
        seen = until_ball_shown(page, elsewhere_than=seen)
    page.screenshot("client")


def test_the_ball_is_where_status_has_it(programs):
    _, client = programs.pair("--speed=0")
    code, png = get(client.http, "/frame.png")
    seen, reported = find(png), client.status()["ball"]
    assert (code, seen.size) == (200, (640, 480))
    assert distance(seen.ball, (reported["x"], reported["y"])) < NEAR
    assert distance(seen.cross, (reported["x"], reported["y"])) < NEAR


def test_the_numbers_are_those_of_status(programs, page):
    _, client = programs.pair()
    page.open(client.http)
    earlier = client.status()["frames"]["detected"]

    def number(name: str) -> float:
        return float(page.text(name).replace(",", "").split()[0].strip("–") or -1)

    until("a newer number of frames", lambda: number("detected") > earlier)
    assert number("detected") <= client.status()["frames"]["detected"]
    until("the frame rate", lambda: 25 < number("rate") < 35)
    assert number("undecodable") == number("undetected") == number("reconnects") == 0
    assert (page.text("state"), page.text("id")) == ("Connected", client.name)
    assert page.text("no-errors") and not page.text("errors")
    assert page.text("missing") == ""


def own_numbers(page) -> dict[str, str]:
    """What the client says about itself, by the names that it has in the JSON."""
    script = """
    const terms = [...document.querySelectorAll("#stats dt")];
    return terms.map((term) => [term.querySelector("code").textContent, term.nextElementSibling.textContent]);
    """
    return dict(page.run(script))


def test_what_it_measures_itself_is_shown_in_groups_by_its_standard_names(programs, page):
    _, client = programs.pair()
    answers = Script(page.driver, STATUS)
    page.open(client.http)
    page.run("window.answer = arguments[0]", client.status() | {"stats": stats()})
    page.until_text("stats", "8,731")
    shown = own_numbers(page)
    assert (shown["packetsReceived"], shown["packetsLost"], shown["packetsRepaired"]) == ("8,731", "42", "39")
    assert (shown["jitter"], shown["nackCount"], shown["pliCount"]) == ("1.2 ms", "17", "1")
    assert (shown["totalDecodeTime / framesDecoded"], shown["totalInterFrameDelay"]) == ("1.2 ms", "33.4 ms")
    assert (shown["totalFreezesDuration"], shown["longestGap"]) == ("710 ms", "41.0 ms")
    assert shown["cpu.throttledMilliseconds"] == "380 ms"
    titles = page.run("return [...document.querySelectorAll('#stats h3')].map((title) => title.textContent)")
    assert titles == ["Packets", "Frames", "Freezes", "Processor"]
    page.screenshot("client-stats")

    # What is not known has no line, and an old client says nothing at all.
    page.run("window.answer = arguments[0]", client.status() | {"stats": stats(longestGap=None, cpu={})})
    until("fewer lines", lambda: "longestGap" not in own_numbers(page))
    assert "Processor" not in page.text("stats")
    page.run("window.answer = arguments[0]", {key: value for key, value in client.status().items() if key != "stats"})
    until("no group", lambda: page.text("stats") == "")
    answers.remove()


def test_its_own_numbers_are_those_of_status(programs, page):
    _, client = programs.pair()
    page.open(client.http)
    earlier = until("statistics", lambda: client.status().get("stats", {}).get("framesDecoded"))
    decoded = lambda: int(own_numbers(page).get("framesDecoded", "0").replace(",", ""))  # noqa: E731
    until("newer ones", lambda: decoded() > earlier)
    assert decoded() <= client.status()["stats"]["framesDecoded"]


def test_nothing_is_encoded_while_nobody_watches(programs, page):
    _, client = programs.pair()
    client.until_decoded(30)
    assert client.metric("pictures_encoded_total") == 0

    page.open(client.http)
    until("pictures for the page", lambda: client.metric("pictures_encoded_total") >= 3)
    assert client.metric("picture_viewers") == 1
    page.leave()
    until("the viewer has left", lambda: client.metric("picture_viewers") == 0)
    # One may have been on its way.
    seen = client.until_decoded(client.status()["frames"]["decoded"] + 15)
    encoded = client.metric("pictures_encoded_total")
    client.until_decoded(seen["frames"]["decoded"] + 30)
    assert client.metric("pictures_encoded_total") == encoded


def test_there_is_room_for_ten_viewers_and_the_next_one_is_refused(programs, page, watch):
    _, client = programs.pair()
    viewers = [watch(client) for _ in range(VIEWERS)]
    assert [viewer.response.status for viewer in viewers] == [200] * VIEWERS
    for viewer in viewers:
        viewer.until_picture()
    refused = watch(client).response
    assert (refused.status, refused.read()) == (503, b"no picture: 10 viewers are watching, and there is no room for more\n")
    assert client.metric("picture_viewers") == VIEWERS
    assert find(get(client.http, "/frame.png")[1]).ball

    page.expect_complaint("503")
    page.open(client.http)
    page.until_text("missing", "10 viewers are watching")
    viewers[0].leave()
    until_ball_shown(page)
    assert page.text("missing") == ""
    # Encoded once for all: at most 5 a second of the client's life, whatever the number of viewers.
    assert client.metric("pictures_encoded_total") <= 5 * client.status()["durationSeconds"] + 1


def test_the_page_shows_why_there_is_no_picture(programs, page):
    port = free_port()
    client = programs.client(port, "--reconnect")
    page.open(client.http)
    page.until_text("missing", "ConnectFailed")
    page.screenshot("client-without-server")
    assert "ConnectFailed" in page.text("errors")
    code, words = get(client.http, "/frame.png")
    assert (code, words) == (503, b"no picture within 2 s: there is no video at the moment\n")

    server = programs.server(port=port)
    until_ball_shown(page)
    page.until_text("state", "Connected")
    assert page.text("missing") == ""
    server.signal(signal.SIGKILL)
    page.until_text("missing", "no frame was decoded for 2 s")

    page.expect_complaint("ERR_CONNECTION_REFUSED")
    page.expect_complaint("ERR_INCOMPLETE_CHUNKED_ENCODING")
    client.signal(signal.SIGKILL)
    page.until_text("missing", "the client does not answer")


def test_the_picture_can_be_paused_with_the_keyboard(programs, page):
    _, client = programs.pair()
    page.open(client.http)
    until_ball_shown(page)
    page.press("TAB")
    assert page.run("return document.activeElement.id") == "pause"
    page.press("SPACE")
    assert page.element("pause").get_attribute("aria-pressed") == "true"
    until("nobody watches", lambda: client.metric("picture_viewers") == 0)
    still = until_ball_shown(page)
    client.until_decoded(client.status()["frames"]["decoded"] + 15)
    assert shown(page).ball == still.ball
    page.press("SPACE")
    until_ball_shown(page, elsewhere_than=still)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_phone_in_light_and_dark(programs, page, scheme):
    _, client = programs.pair()
    page.resize(PHONE)
    page.prefer(scheme)
    page.open(client.http)
    until_ball_shown(page)
    assert not page.is_wider_than_its_window()
    red = page.run("return getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]")
    assert (int(red) > 128) == (scheme == "light")
    page.screenshot(f"client-phone-{scheme}")
