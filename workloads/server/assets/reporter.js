// Reports where this browser sees the ball, as a client does: a hello, then a message for every frame.

import { Detector } from "./detect.js";

export const LABEL = "ballsession.v1";

// What may wait to be sent: reports that come late are worth nothing.
const MOST_BUFFERED = 16 * 1024;

const random = crypto.getRandomValues(new Uint32Array(1))[0];
const id = `browser-${random.toString(16).padStart(8, "0")}`;
let sessions = 0;

export class Reporter {
  constructor(channel) {
    this.channel = channel;
    this.detector = new Detector();
    this.reported = 0;
    this.position = null;
    const hello = { hello: 1, id, reconnects: sessions };
    sessions += 1;
    channel.addEventListener("open", () => channel.send(JSON.stringify(hello)));
  }

  // A frame is on the screen.
  frame(video, rtpTimestamp) {
    if (this.channel.readyState !== "open" || this.channel.bufferedAmount > MOST_BUFFERED) return;
    this.position = this.detector.find(video);
    const seen = this.position ?? { state: "undetected" };
    this.channel.send(JSON.stringify({ ts: rtpTimestamp, ...seen }));
    this.reported += 1;
  }
}
