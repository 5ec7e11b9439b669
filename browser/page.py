"""A real browser without a window: opens pages, and records what they request and report."""

import json
import os
from pathlib import Path

from harness import until
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

ARTEFACTS = Path(os.environ.get("BALLSESSION_BROWSER_ARTEFACTS", "../target/browser"))
DESKTOP, PHONE = (1280, 900), (390, 844)

SWITCHES = [
    "--headless=new",
    # Its sandbox needs rights that root in a container has not; it sees our own pages only.
    "--no-sandbox",
    "--disable-gpu",
    # /dev/shm is small in containers.
    "--disable-dev-shm-usage",
    "--no-proxy-server",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--mute-audio",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--autoplay-policy=no-user-gesture-required",
    # WebRTC where there is only loopback: it must be allowed, and names by multicast would reach nobody.
    "--allow-loopback-in-peer-connection",
    "--disable-features=WebRtcHideLocalIpsWithMdns,MediaRouter,OptimizationHints,Translate",
]


def start_browser() -> webdriver.Chrome:
    """Starts the system's browser with the system's driver: nothing is searched for, nothing downloaded."""
    options = webdriver.ChromeOptions()
    options.binary_location = os.environ["BALLSESSION_BROWSER"]
    for switch in SWITCHES:
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    # A page with a live picture never ends loading.
    options.page_load_strategy = "eager"
    driver = webdriver.Chrome(options=options, service=Service(executable_path=os.environ["BALLSESSION_BROWSER_DRIVER"]))
    driver.set_page_load_timeout(30)
    driver.set_script_timeout(30)
    return driver


class Page:
    """The browser's one tab."""

    def __init__(self, driver: webdriver.Chrome, name: str) -> None:
        self.driver, self.name = driver, name
        self._complaints: list[str] = []
        self._requests: list[str] = []
        self._expected: list[str] = []
        self.resize(DESKTOP)
        self._collect()
        self._complaints.clear()
        self._requests.clear()

    def open(self, address: str, path: str = "/") -> None:
        """Opens the page that the program at `address`, as in 127.0.0.1:8081, has at `path`."""
        self.driver.get(f"http://{address}{path}")

    def leave(self) -> None:
        """Leaves the page for an empty one."""
        self.driver.get("about:blank")

    def element(self, name: str) -> WebElement:
        """The element with the id `name`."""
        return self.driver.find_element("id", name)

    def text(self, name: str) -> str:
        """What a reader sees of the element with the id `name`: nothing where it is hidden."""
        return self.element(name).text

    def until_text(self, name: str, part: str, within: float = 30.0) -> str:
        """Waits until `part` is to be read in the element with the id `name`: all of its text."""
        return until(
            f"{part!r} in #{name}, which says {self.text(name)!r}",
            lambda: text if part in (text := self.text(name)) else None,
            within,
        )

    def run(self, script: str, *arguments: object) -> object:
        """Runs a function's body in the page."""
        return self.driver.execute_script(script, *arguments)

    def press(self, key: str) -> None:
        """Presses a key, named as in `Keys`."""
        ActionChains(self.driver).send_keys(getattr(Keys, key)).perform()

    def resize(self, size: tuple[int, int]) -> None:
        """Shows the page in a window with so much room for it; smaller ones than a window can be made too."""
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == PHONE}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def prefer(self, scheme: str) -> None:
        """Has the viewer prefer a light or a dark page."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def is_wider_than_its_window(self) -> bool:
        """Whether one has to scroll sideways to see all."""
        return self.run("return document.scrollingElement.scrollWidth > window.innerWidth")

    def screenshot(self, name: str) -> Path:
        """Keeps a picture of the page as it is now, for people."""
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        file = ARTEFACTS / f"{name}.png"
        file.write_bytes(self.driver.get_screenshot_as_png())
        return file

    def expect_complaint(self, part: str) -> None:
        """From now on complaints that have `part` in them belong to the test."""
        self._expected.append(part)

    def complaints(self) -> list[str]:
        """Warnings and errors on the console that no test has expected."""
        self._collect()
        return [line for line in self._complaints if not any(part in line for part in self._expected)]

    def requests(self) -> list[str]:
        """The addresses of all requests so far, those of pictures, scripts and sockets too."""
        self._collect()
        return list(self._requests)

    def foreign_requests(self) -> list[str]:
        """Requests to anything but this host."""
        own = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "about:")
        return [address for address in self.requests() if not address.startswith(own)]

    def _collect(self) -> None:
        for entry in self.driver.get_log("browser"):
            if entry["level"] in ("WARNING", "SEVERE"):
                self._complaints.append(entry["message"])
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self._requests.append(message["params"]["request"]["url"])
            elif message["method"] == "Network.webSocketCreated":
                self._requests.append(message["params"]["url"])
