"""Writes what GStreamer's webrtcbin offers and answers: `python3 gstreamer_capture.py FOLDER OUR_OFFER`."""

import sys
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

FOLDER, OUR_OFFER = Path(sys.argv[1]), Path(sys.argv[2]).read_text()
CAPS = {
    "video": "application/x-rtp,media=video,encoding-name=VP8,clock-rate=90000,payload=96",
    "audio": "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,encoding-params=(string)2,payload=97",
}


def describe(bin, action: str):
    """The description, and what it lives in."""
    promise = Gst.Promise.new()
    bin.emit(action, None, promise)
    promise.wait()
    reply = promise.get_reply()
    return reply.get_value(action.removeprefix("create-")), (promise, reply)


def write(role: str, variant: str, direction: str, *kinds: str, policy: str = "none") -> None:
    pipeline = Gst.Pipeline.new()
    bin = Gst.ElementFactory.make("webrtcbin")
    bin.set_property("bundle-policy", policy)
    pipeline.add(bin)
    pipeline.set_state(Gst.State.PLAYING)
    if role == "answers":
        _, message = GstSdp.SDPMessage.new_from_text(OUR_OFFER)
        offer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.OFFER, message)
        promise = Gst.Promise.new()
        bin.emit("set-remote-description", offer, promise)
        promise.wait()
        description, _kept = describe(bin, "create-answer")
    else:
        for kind in kinds:
            caps = Gst.Caps.from_string(CAPS[kind])
            bin.emit("add-transceiver", getattr(GstWebRTC.WebRTCRTPTransceiverDirection, direction), caps)
        bin.emit("create-data-channel", "positions", None)
        description, _kept = describe(bin, "create-offer")
    loop = GLib.MainLoop()
    complete = GstWebRTC.WebRTCICEGatheringState.COMPLETE
    state = "ice-gathering-state"
    bin.connect(f"notify::{state}", lambda *_: bin.get_property(state) == complete and loop.quit())
    bin.emit("set-local-description", description, Gst.Promise.new())
    GLib.timeout_add_seconds(10, loop.quit)
    loop.run()
    sdp = bin.get_property("local-description").sdp.as_text()
    name = f"gstreamer-{'.'.join(map(str, Gst.version()[:3]))}.{role}.{variant}.sdp"
    (FOLDER / name).write_bytes(sdp.encode())
    pipeline.set_state(Gst.State.NULL)


Gst.init(None)
write("sends", "unbundled", "SENDONLY", "video")
write("sends", "video", "SENDONLY", "video", policy="max-bundle")
write("sends", "audio-first", "SENDONLY", "audio", "video", policy="max-bundle")
write("sends", "balanced", "SENDRECV", "video", "audio", policy="balanced")
write("watches", "video", "RECVONLY", "video", policy="max-bundle")
write("watches", "unbundled", "RECVONLY", "video")
write("answers", "recvonly", "RECVONLY", policy="max-bundle")
