"""A browser as a peer: `peer.py chromium|firefox COMMAND ROLE VARIANT`; README.md in the folder above says what all peers
have in common.

Chromium is spoken to by its DevTools protocol, Firefox by WebDriver BiDi.
"""

import itertools
import json
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import websocket

PAGE = (Path(__file__).parent / "page.js").read_text()
# On a busy machine.
STARTED_WITHIN = 60.0


class Page:
    """A blank page in the browser."""

    def __init__(self, url: str) -> None:
        self.socket = websocket.create_connection(url, suppress_origin=True, timeout=60)
        self.numbers = itertools.count(1)

    def call(self, method: str, **parameters) -> dict:
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == number:
                if "error" in message:
                    sys.exit(str(message))
                return message["result"]


class ChromiumPage(Page):
    def __init__(self, profile: Path) -> None:
        port = (profile / "DevToolsActivePort").read_text().splitlines()[0]
        targets = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json"))
        super().__init__(next(target for target in targets if target["type"] == "page")["webSocketDebuggerUrl"])

    def evaluate(self, script: str) -> str | None:
        result = self.call("Runtime.evaluate", expression=script, awaitPromise=True, userGesture=True)
        if "exceptionDetails" in result:
            sys.exit(result["exceptionDetails"].get("exception", {}).get("description", str(result)))
        return result["result"].get("value")


class FirefoxPage(Page):
    def __init__(self, profile: Path) -> None:
        port = json.loads((profile / "WebDriverBiDiServer.json").read_text())["ws_port"]
        super().__init__(f"ws://127.0.0.1:{port}/session")
        self.call("session.new", capabilities={})
        self.context = self.call("browsingContext.getTree")["contexts"][0]["context"]

    def evaluate(self, script: str) -> str | None:
        target = {"context": self.context}
        result = self.call("script.evaluate", expression=script, target=target, awaitPromise=True, userActivation=True)
        if "exceptionDetails" in result:
            sys.exit(result["exceptionDetails"]["text"])
        return result["result"].get("value")


def chromium(variant: str, profile: Path) -> list[str]:
    # In a namespace there is no sandbox to be had, and no sound.
    shown = [] if variant == "mdns" else ["--disable-features=WebRtcHideLocalIpsWithMdns"]
    quiet = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-gpu"]
    return ["--headless=new", "--no-sandbox", f"--user-data-dir={profile}", *quiet, *shown]


def firefox(variant: str, profile: Path) -> list[str]:
    shown = "true" if variant == "mdns" else "false"
    settings = {
        "media.peerconnection.ice.obfuscate_host_addresses": shown,
        "media.autoplay.default": "0",
        "app.update.enabled": "false",
        "datareporting.policy.dataSubmissionEnabled": "false",
    }
    lines = [f'user_pref("{name}", {value});\n' for name, value in settings.items()]
    (profile / "user.js").write_text("".join(lines))
    return ["--headless", "--profile", str(profile), "--no-remote"]


BROWSERS = {"chromium": (chromium, ChromiumPage), "firefox": (firefox, FirefoxPage)}


def connect(page: type[Page], profile: Path) -> Page:
    """The page, once the browser has said in its profile where it listens."""
    deadline = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < deadline:
        try:
            return page(profile)
        except (OSError, ValueError, IndexError, StopIteration, websocket.WebSocketException):
            time.sleep(0.05)
    sys.exit("the browser does not listen")


def talk(page: Page, role: str, variant: str) -> None:
    offer = sys.stdin.readline().strip() if role == "answers" else ""
    given = f"{json.dumps(role)}, {json.dumps(variant)}"
    script = f"{PAGE}; globalThis.made = peer({given}); made.describe({offer})"
    print(page.evaluate(script), flush=True)
    for line in sys.stdin:
        page.evaluate(f"made.accept({line.strip()}).then(() => null)")
    print(page.evaluate("JSON.stringify(made.counts)"), flush=True)


def main() -> None:
    name, command, role, *rest = sys.argv[1:]
    arguments, page = BROWSERS[name]
    if role == "--version":
        found = subprocess.run([command, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
        print(name.capitalize(), re.search(r"\d+(\.\d+)+", found)[0])
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        profile = Path(folder)
        started = [command, *arguments(rest[0], profile), "--remote-debugging-port=0", "about:blank"]
        browser = subprocess.Popen(started, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            talk(connect(page, profile), role, rest[0])
        finally:
            browser.kill()
            browser.wait()


main()
