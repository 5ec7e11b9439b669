"""Writes what libdatachannel offers and answers: `python libdatachannel_capture.py FOLDER OUR_OFFER`."""

import sys
import threading
from importlib.metadata import version
from pathlib import Path

import libdatachannel as rtc

FOLDER, OUR_OFFER = Path(sys.argv[1]), Path(sys.argv[2]).read_text()
NAME = f"libdatachannel-py-{version('libdatachannel-py')}"


def write(role: str, variant: str, prepare, tcp: bool = False) -> None:
    configuration = rtc.Configuration()
    configuration.enable_ice_tcp = tcp
    configuration.disable_auto_negotiation = role != "answers"
    pc = rtc.PeerConnection(configuration)
    complete = threading.Event()
    done = rtc.PeerConnection.GatheringState.Complete
    pc.on_gathering_state_change(lambda state: complete.set() if state == done else None)
    kept = prepare(pc)
    if role != "answers":
        pc.set_local_description()
    assert complete.wait(10)
    (FOLDER / f"{NAME}.{role}.{variant}.sdp").write_bytes(str(pc.local_description()).encode())
    pc.close()
    del kept


def video(direction, mid: str = "video") -> rtc.Description.Video:
    media = rtc.Description.Video(mid, direction)
    media.add_vp8_codec(96)
    if direction == rtc.Description.Direction.SendOnly:
        media.add_ssrc(42, "ball", "ball", "ball")
    return media


def audio(direction) -> rtc.Description.Audio:
    media = rtc.Description.Audio("audio", direction)
    media.add_opus_codec(111)
    return media


def main() -> None:
    send, receive = rtc.Description.Direction.SendOnly, rtc.Description.Direction.RecvOnly
    channel = lambda pc: pc.create_data_channel("positions")
    write("sends", "video", lambda pc: [pc.add_track(video(send)), channel(pc)])
    write("sends", "data-first", lambda pc: [channel(pc), pc.add_track(video(send))])
    write("sends", "audio-first", lambda pc: [pc.add_track(audio(send)), pc.add_track(video(send)), channel(pc)])
    write("watches", "video", lambda pc: [pc.add_track(video(receive)), channel(pc)])
    write("watches", "tcp-too", lambda pc: [pc.add_track(video(receive)), channel(pc)], tcp=True)

    def answered(pc):
        # It answers by itself.
        pc.set_remote_description(rtc.Description(OUR_OFFER, rtc.Description.Type.Offer))

    write("answers", "recvonly", answered)


main()
