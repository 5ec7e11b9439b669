"""A peer made with GStreamer's webrtcbin; README.md in the folder above says what all peers have in common."""

import json
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

SOURCES = {
    "video": "videotestsrc is-live=true pattern=ball ! video/x-raw,width=640,height=480,framerate=30/1 "
    "! vp8enc deadline=1 keyframe-max-dist=30 ! rtpvp8pay picture-id-mode=15-bit "
    "! capsfilter caps=application/x-rtp,media=video,encoding-name=VP8,payload=96",
    "audio": "audiotestsrc is-live=true wave=silence ! opusenc ! rtpopuspay "
    "! capsfilter caps=application/x-rtp,media=audio,encoding-name=OPUS,payload=97",
}
TAKEN = {
    "video": "application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload=96",
    "audio": "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,encoding-params=(string)2,payload=97",
}
KINDS = {
    "audio-first": ["audio", "video"],
    "audio-last": ["video", "audio"],
    "balanced": ["video", "audio"],
    "two-videos": ["video", "video"],
}
# Small enough for plain Python: a pixel of this picture is four of the video's.
WIDTH, HEIGHT, SCALE = 160, 120, 4
SINK = (
    f"rtpvp8depay ! vp8dec ! videoconvert ! videoscale ! video/x-raw,format=GRAY8,width={WIDTH},height={HEIGHT} "
    "! appsink name=sink emit-signals=true sync=false"
)


def find_ball(picture: bytes) -> tuple[float, float] | None:
    """The middle of what is bright."""
    bright = [(index % WIDTH, index // WIDTH) for index, value in enumerate(picture) if value > 110]
    if not bright:
        return None
    return tuple(sum(axis) / len(bright) * SCALE + (SCALE - 1) / 2 for axis in zip(*bright, strict=True))


class Peer:
    def __init__(self, role: str, variant: str) -> None:
        self.role, self.variant = role, variant
        self.frames = self.messages = 0
        self.channel = None
        sources = KINDS.get(variant, ["video"]) if role == "sends" else []
        policy = {"no-bundle": "none", "balanced": "balanced"}.get(variant, "max-bundle")
        self.pipeline = Gst.Pipeline.new()
        self.bin = Gst.ElementFactory.make("webrtcbin")
        self.bin.set_property("bundle-policy", policy)
        self.pipeline.add(self.bin)
        for kind in sources:
            source = Gst.parse_bin_from_description(SOURCES[kind], True)
            self.pipeline.add(source)
            source.link(self.bin)
        self.bin.connect("pad-added", self.watch)
        self.bin.connect("on-data-channel", lambda _, channel: self.use(channel))
        directions = GstWebRTC.WebRTCRTPTransceiverDirection
        for index in range(len(sources)):
            self.bin.emit("get-transceiver", index).set_property("direction", directions.SENDONLY)
        if role == "watches":
            for kind in KINDS.get(variant, ["video"]):
                self.bin.emit("add-transceiver", directions.RECVONLY, Gst.Caps.from_string(TAKEN[kind]))
        self.pipeline.set_state(Gst.State.PLAYING)

    def use(self, channel) -> None:
        self.channel = channel
        channel.connect("on-message-string", lambda *_: setattr(self, "messages", self.messages + 1))

    def watch(self, _bin, pad) -> None:
        if pad.direction != Gst.PadDirection.SRC or pad.get_current_caps().get_structure(0).get_string("media") != "video":
            return
        sink = Gst.parse_bin_from_description(SINK, True)
        sink.get_by_name("sink").connect("new-sample", self.report)
        self.pipeline.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))

    def report(self, sink) -> Gst.FlowReturn:
        buffer = sink.emit("pull-sample").get_buffer()
        self.frames += 1
        ball = find_ball(buffer.extract_dup(0, buffer.get_size()))
        if ball and self.channel and self.channel.get_property("ready-state") == GstWebRTC.WebRTCDataChannelState.OPEN:
            self.channel.emit("send-string", f"{ball[0]:.2f},{ball[1]:.2f}")
        return Gst.FlowReturn.OK

    def act(self, action: str, description=None):
        """Asks the element for something, and waits until it is done."""
        promise = Gst.Promise.new()
        self.bin.emit(action, description, promise)
        promise.wait()
        return promise

    def describe(self, kind: str):
        promise = self.act(f"create-{kind}")
        reply = promise.get_reply()
        return reply.get_value(kind), (promise, reply)

    def accept(self, kind: str, sdp: str) -> None:
        _, message = GstSdp.SDPMessage.new_from_text(sdp)
        kinds = {"offer": GstWebRTC.WebRTCSDPType.OFFER, "answer": GstWebRTC.WebRTCSDPType.ANSWER}
        self.act("set-remote-description", GstWebRTC.WebRTCSessionDescription.new(kinds[kind], message))

    def local(self) -> str:
        """Our own description, once all candidates are in it."""
        kind = "answer" if self.role == "answers" else "offer"
        if self.variant != "video-only" and (kind == "offer" or self.variant == "channel-by-peer"):
            self.use(self.bin.emit("create-data-channel", "positions", None))
        description, _kept = self.describe(kind)
        complete = threading.Event()
        done = GstWebRTC.WebRTCICEGatheringState.COMPLETE
        state = "ice-gathering-state"
        self.bin.connect(f"notify::{state}", lambda *_: self.bin.get_property(state) == done and complete.set())
        self.act("set-local-description", description)
        complete.wait(10)
        say(type=kind, sdp=self.bin.get_property("local-description").sdp.as_text())


def say(**message) -> None:
    print(json.dumps(message), flush=True)


def main() -> None:
    threading.Thread(target=GLib.MainLoop().run, daemon=True).start()
    peer = Peer(*sys.argv[1:3])
    if peer.role == "answers":
        peer.accept("offer", json.loads(sys.stdin.readline())["sdp"])
    peer.local()
    for line in sys.stdin:
        peer.accept("answer", json.loads(line)["sdp"])
    say(frames=peer.frames, messages=peer.messages)
    peer.pipeline.set_state(Gst.State.NULL)


Gst.init(None)
if sys.argv[1] == "--version":
    print("GStreamer", ".".join(map(str, Gst.version()[:3])))
else:
    main()
