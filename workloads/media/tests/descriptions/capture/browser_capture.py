"""Writes what a browser offers and answers: `python browser_capture.py chromium|firefox COMMAND FOLDER OUR_OFFER`.

Chromium is spoken to by its DevTools protocol, Firefox by WebDriver BiDi; of Python it needs websocket-client.
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

BROWSER, COMMAND, FOLDER, OUR_OFFER = sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]).read_text()
PORT = 9222

DESCRIBE = """
async (role, variant, offer) => {
  const has = (word) => variant.split("-").includes(word);
  const pc = new RTCPeerConnection();
  const canvas = document.createElement("canvas");
  canvas.getContext("2d");
  const video = () => canvas.captureStream(30).getVideoTracks()[0];
  const audio = () => new AudioContext().createMediaStreamDestination().stream.getAudioTracks()[0];
  if (role === "answers") {
    await pc.setRemoteDescription({type: "offer", sdp: offer});
    if (has("sendrecv")) pc.addTrack(video());
    await pc.setLocalDescription(await pc.createAnswer());
  } else {
    const direction = role === "watches" ? "recvonly" : "sendonly";
    const add = (kind, init = {}) => pc.addTransceiver(
      role === "watches" ? kind : kind === "video" ? video() : audio(), {direction, ...init});
    if (has("audio") && has("first")) add("audio");
    const layers = [{rid: "q", scaleResolutionDownBy: 4}, {rid: "h", scaleResolutionDownBy: 2}, {rid: "f"}];
    const transceiver = add("video", has("simulcast") ? {sendEncodings: layers} : {});
    if (has("two")) add("video");
    if (has("audio") && has("last")) add("audio");
    if (has("h264")) {
      const codecs = RTCRtpReceiver.getCapabilities("video").codecs.filter((codec) => codec.mimeType === "video/H264");
      if (codecs.length === 0) return "none";
      transceiver.setCodecPreferences(codecs);
    }
    pc.createDataChannel("positions");
    await pc.setLocalDescription(await pc.createOffer());
  }
  // Without trickling, all candidates are in the description.
  while (pc.iceGatheringState !== "complete") await new Promise((wake) => setTimeout(wake, 20));
  return pc.localDescription.sdp;
}
"""


class Page:
    """A blank page in the browser."""

    def __init__(self, url: str) -> None:
        self.socket = websocket.create_connection(url, suppress_origin=True, timeout=120)
        self.numbers = itertools.count(1)

    def call(self, method: str, **parameters) -> dict:
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == number:
                assert "error" not in message, message
                return message["result"]


class ChromiumPage(Page):
    def __init__(self) -> None:
        targets = json.load(urllib.request.urlopen(f"http://127.0.0.1:{PORT}/json"))
        super().__init__(next(target for target in targets if target["type"] == "page")["webSocketDebuggerUrl"])

    def evaluate(self, script: str) -> str:
        result = self.call("Runtime.evaluate", expression=script, awaitPromise=True, userGesture=True)
        return result["result"].get("value") or sys.exit(str(result))


class FirefoxPage(Page):
    def __init__(self) -> None:
        super().__init__(f"ws://127.0.0.1:{PORT}/session")
        self.call("session.new", capabilities={})
        self.context = self.call("browsingContext.getTree")["contexts"][0]["context"]

    def evaluate(self, script: str) -> str:
        target = {"context": self.context}
        result = self.call("script.evaluate", expression=script, target=target, awaitPromise=True, userActivation=True)
        return result.get("result", {}).get("value") or sys.exit(str(result))


ARGUMENTS = {
    "chromium": ["--headless=new", "--no-sandbox", f"--remote-debugging-port={PORT}", "--user-data-dir={profile}"],
    "firefox": ["--headless", f"--remote-debugging-port={PORT}", "--profile", "{profile}", "--no-remote"],
}
PAGES = {"chromium": ChromiumPage, "firefox": FirefoxPage}
VARIANTS = [
    ("sends", ["video", "audio-first", "audio-last", "two-videos", "simulcast", "h264-only"]),
    ("watches", ["video", "audio-first", "h264-only"]),
    ("answers", ["recvonly", "sendrecv"]),
]


def connect() -> Page:
    for _ in range(300):
        try:
            return PAGES[BROWSER]()
        except (OSError, websocket.WebSocketException, StopIteration):
            time.sleep(0.1)
    sys.exit("the browser does not listen")


def main() -> None:
    name = subprocess.run([COMMAND, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    version = re.search(r"\d+(\.\d+)+", name)[0]
    with tempfile.TemporaryDirectory() as profile:
        arguments = [argument.format(profile=profile) for argument in ARGUMENTS[BROWSER]]
        browser = subprocess.Popen([COMMAND, *arguments, "about:blank"], stderr=subprocess.DEVNULL)
        try:
            page = connect()
            for role, variants in VARIANTS:
                for variant in variants:
                    given = ", ".join(json.dumps(text) for text in (role, variant, OUR_OFFER))
                    sdp = page.evaluate(f"({DESCRIBE})({given})")
                    if sdp == "none":
                        print(f"{name.strip()} has no {variant}")
                        continue
                    (FOLDER / f"{BROWSER}-{version}.{role}.{variant}.sdp").write_bytes(sdp.encode())
        finally:
            browser.terminate()
            browser.wait()


main()
