"""The operator's page of all sessions."""

import json
import re

import pytest
from harness import until
from kubernetes import condition, session
from page import PHONE
from programs import get
from recorded import STATUS, Script
from selenium.webdriver.common.by import By

DEMO = session(
    "media",
    "demo",
    conditions=[condition("Ready", "True", "Ready"), condition("ObjectivesMet", "True", "Met")],
    display={"clients": "2/2", "serverNode": "worker-1", "errorP95": "0.012px", "latencyP95": "7.5ms", "loss": "0.00%"},
    errorCount=0,
)
HARBOR = session(
    "edge",
    "harbor",
    conditions=[condition("Ready", "False", "MediaBlocked"), condition("ObjectivesMet", "False", "LossTooHigh")],
    display={
        "clients": "1/2",
        "serverNode": "worker-2",
        "errorP95": "14.2px",
        "latencyP95": "412ms",
        "loss": "8.10%",
        "reason": "MediaBlocked",
        "message": "no UDP from <img src=x onerror=alert(1)> to the server: check NetworkPolicy and CNI",
    },
    errorCount=37,
)
GATE = session(
    "edge",
    "gate",
    conditions=[condition("Ready", "False", "Completed"), condition("Complete", "True", "Finished")],
    display={"clients": "0/2", "latencyP95": "21ms", "reason": "Completed"},
)
NEW = session("media", "new")
BROKEN = session("media", "broken", spec={"clients": "<b>many</b>"})


def rows(page) -> list[list[str]]:
    """The texts of the table, all read at the same moment."""
    return page.run("return [...document.querySelectorAll('#sessions tr')].map((row) => [...row.cells].map((cell) => cell.innerText.trim()))")


def names(page) -> list[str]:
    return [row[1] for row in rows(page)]


def until_names(page, *expected: str) -> None:
    until(f"{expected}, there are {names(page)}", lambda: names(page) == list(expected))


def test_the_table_has_what_kubectl_get_has(operator, page):
    program, _ = operator(DEMO, HARBOR, GATE, NEW, BROKEN)
    page.open(program.http)
    until_names(page, "harbor", "new", "demo", "gate")
    harbor, new, demo, gate = rows(page)
    assert demo[:10] == ["media", "demo", "True", "True", "2/2", "0.012px", "7.5ms", "0.00%", "", "0"]
    assert harbor[:10] == ["edge", "harbor", "False", "False", "1/2", "14.2px", "412ms", "8.10%", "", "37"]
    assert re.fullmatch(r"\d+[smhd]", demo[10])
    assert [part for part in harbor[13].split("\n") if part] == [
        "MediaBlocked",
        HARBOR["status"]["display"]["message"],
        "kubectl -n edge port-forward deploy/harbor-server 8082:8081",
        "Copy",
    ]
    assert new[2:10] == [""] * 8
    # No server runs any more whose page could be opened.
    assert gate[13] == "Completed"
    assert page.text("inside") == "http://127.0.0.1:8082/"
    # Foreign texts are texts.
    assert page.driver.find_elements(By.CSS_SELECTOR, "main img, main b") == []
    assert page.text("summary") == "5 sessions watched, 4 listed: 2 not ready, 1 with objectives not met."
    assert "media/broken" in page.text("undecodable") and "<b>many</b>" in page.text("undecodable")
    assert json.loads(get(program.http, "/status")[1])["watched"] == 5
    page.screenshot("operator")


def test_what_is_delivered_and_the_cause_are_shown_sorted_and_found(operator, page):
    program, _ = operator(DEMO, HARBOR, GATE)

    def watched():
        status = json.loads(get(program.http, "/status")[1])
        return status if len(status["sessions"]) == 3 else None

    status = until("all sessions are watched", watched)
    judged = {"demo": {"delivered": "100%", "cause": None}, "harbor": {"delivered": "61.2%", "cause": "Network", "path": "ClusterIP IPv6 [fd00:10:96::7]:8082"}}
    for shown in status["sessions"]:
        shown |= judged.get(shown["name"], {})
    answers = Script(page.driver, STATUS)
    page.open(program.http)
    page.run("window.answer = arguments[0]", status)
    until("the numbers", lambda: [row[8] for row in rows(page)] == ["61.2%", "100%", ""])
    # Nothing of a row is out of sight, the line that leads inside neither.
    scroll = "const box = document.querySelector('#sessions').closest('.scroll'); return box.scrollWidth - box.clientWidth"
    assert page.run(scroll) <= 0
    page.screenshot("operator-paths")
    assert [row[11:13] for row in rows(page)] == [["Network", "ClusterIP IPv6 [fd00:10:96::7]:8082"], ["", ""], ["", ""]]
    delivered = page.driver.find_element(By.CSS_SELECTOR, "th[data-key=delivered] button")
    delivered.click()
    until_names(page, "harbor", "demo", "gate")
    delivered.click()
    until_names(page, "demo", "harbor", "gate")
    page.element("filter").send_keys("network")
    until_names(page, "harbor")
    page.element("filter").clear()
    page.element("filter").send_keys("clusterip")
    until_names(page, "harbor")
    answers.remove()


def test_what_changes_is_shown_without_asking_for_it(operator, page):
    program, kubernetes = operator(DEMO)
    page.open(program.http)
    until_names(page, "demo")
    page.run("document.querySelector('#sessions code').dataset.kept = 'yes'")
    kubernetes.change("MODIFIED", DEMO | {"status": DEMO["status"] | {"errorCount": 4}})
    kubernetes.change("ADDED", HARBOR)
    until_names(page, "harbor", "demo")
    until("the new number", lambda: rows(page)[1][9] == "4")
    # The row is the one that it was: a selection in it would still be there.
    assert page.run("return document.querySelectorAll('#sessions code')[1].dataset.kept") == "yes"
    kubernetes.change("DELETED", DEMO)
    until_names(page, "harbor")


def test_opened_for_one_namespace_it_asks_for_that_one_alone(operator, page):
    program, _ = operator(DEMO, HARBOR, GATE)
    page.open(program.http, "/?namespace=edge")
    until_names(page, "harbor", "gate")
    assert page.text("summary").startswith("2 sessions watched in the namespace edge, 2 listed: ")
    assert page.element("json").get_attribute("href") == f"http://{program.http}/status?namespace=edge"
    # Whoever may see one namespace is refused the sessions of all.
    asked = [address for address in page.requests() if "/status" in address]
    assert asked and set(asked) == {f"http://{program.http}/status?namespace=edge"}
    page.open(program.http)
    until_names(page, "harbor", "demo", "gate")


def test_it_is_filtered_and_sorted_by_keyboard(operator, page):
    program, _ = operator(DEMO, HARBOR, GATE, NEW)
    page.open(program.http)
    until_names(page, "harbor", "new", "demo", "gate")
    page.element("filter").send_keys("EDGE worker-2")
    until_names(page, "harbor")
    assert page.text("matches") == "1 of 4 match"
    page.element("filter").clear()
    page.element("filter").send_keys("nowhere")
    until_names(page)
    assert page.text("empty") == "No session matches the filter."
    page.element("filter").clear()
    until_names(page, "harbor", "new", "demo", "gate")

    latency = page.driver.find_element(By.CSS_SELECTOR, "th[data-key=latency]")
    page.run("arguments[0].firstChild.focus()", latency)
    # As numbers, and what has none comes last in either order.
    page.press("ENTER")
    until_names(page, "demo", "gate", "harbor", "new")
    assert latency.get_attribute("aria-sort") == "ascending"
    page.press("ENTER")
    until_names(page, "harbor", "gate", "demo", "new")
    assert latency.get_attribute("aria-sort") == "descending"
    assert page.run("return document.activeElement.textContent") == "Latency p95"


@pytest.mark.parametrize("has_clipboard", [True, False])
def test_a_line_is_copied_by_keyboard(operator, page, has_clipboard):
    program, _ = operator(DEMO)
    page.open(program.http)
    until_names(page, "demo")
    line = "kubectl -n media port-forward deploy/demo-server 8082:8081"
    # As on plain http from another host.
    clipboard = "{writeText: async (text) => { window.copied = text; }}" if has_clipboard else "undefined"
    page.run(f"Object.defineProperty(navigator, 'clipboard', {{value: {clipboard}}})")
    page.run("document.addEventListener('copy', () => { window.copied = getSelection().toString(); })")
    page.run("document.querySelector('#sessions button').focus()")
    page.press("ENTER")
    until("the line is copied", lambda: page.run("return window.copied") == line)
    assert page.run("return getSelection().toString()") == line
    until("it says so", lambda: "copied" in rows(page)[0][13])


def test_it_says_what_the_operator_waits_for_and_that_it_is_gone(operator, page):
    program, _ = operator()
    page.open(program.http)
    waiting = page.until_text("waiting", "The operator is not ready: it waits for")
    assert "lease tower/ballsession-operator" in waiting
    assert page.text("empty") == "There are no sessions."
    page.expect_complaint("/status")
    program.end()
    page.until_text("problem", "No answer from the operator")
    assert "What is below is from" in page.text("problem")


def test_of_very_many_sessions_it_shows_the_first_and_says_so(operator, page):
    program, _ = operator(*(session("media", f"s{number:03}") for number in range(507)))
    page.open(program.http)
    until("500 rows", lambda: len(rows(page)) == 500)
    assert page.text("omitted") == "7 further sessions are not shown: kubectl get ballsessions -A has all."
    page.element("filter").send_keys("s499")
    until_names(page, "s499")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_it_at_its_own_width(operator, page, scheme):
    program, _ = operator(DEMO, HARBOR, GATE, NEW, BROKEN)
    page.resize(PHONE)
    page.prefer(scheme)
    page.open(program.http)
    until_names(page, "harbor", "new", "demo", "gate")
    assert not page.is_wider_than_its_window()
    # Each session is a card, and the heads are still there to sort by.
    label = "return getComputedStyle(document.querySelector('#sessions td:nth-child(3)'), '::before').content"
    assert page.run(label) == '"Ready"'
    scroll = "const box = document.querySelector('#sessions').closest('.scroll'); return box.scrollWidth - box.clientWidth"
    assert page.run(scroll) <= 0
    page.driver.find_element(By.CSS_SELECTOR, "th[data-key=latency] button").click()
    until_names(page, "demo", "gate", "harbor", "new")
    page.screenshot(f"operator-phone-{scheme}")
