// The video on the page: over WebRTC where there is a way, else pictures over HTTP.

import { count } from "./format.js";
import { Facts } from "./numbers.js";
import { Player } from "./player.js";
import { LABEL, Reporter } from "./reporter.js";

// How long WebRTC may take to find a way, so that it is shown within 5 s that there is none.
const CONNECT_MILLISECONDS = 4000;

const NO_UDP =
  "No video: no UDP between this browser and the server, which WebRTC needs. Forwarded ports, as of " +
  "kubectl port-forward, carry TCP only. Pictures over HTTP instead, at most 5 a second.";

export class Video {
  constructor({ video, pictures, toggle, counted, state, facts }) {
    Object.assign(this, { video, pictures, toggle, counted, state });
    this.facts = new Facts(facts);
    this.player = null;
    this.reporter = null;
    this.shown = 0;
    this.lost = false;
    this.reachable = true;
    toggle.addEventListener("click", () => (this.isRunning() ? this.stop("stopped") : this.start()));
    counted.addEventListener("change", () => this.start());
    pictures.addEventListener("error", () => this.noPictures());
    addEventListener("pagehide", () => this.stop("stopped"));
    setInterval(() => this.measure(), 1000);
  }

  isRunning() {
    return this.player !== null || !this.pictures.hidden;
  }

  async start() {
    this.stop("");
    const player = new Player(this.counted.checked ? LABEL : null);
    this.player = player;
    this.reporter = player.channel && new Reporter(player.channel);
    this.shown = 0;
    this.showState("connecting");
    this.toggle.textContent = "Stop";
    this.video.srcObject = player.stream;
    // A browser that refuses leaves the video paused; the reason is its own to show.
    this.video.play().catch(() => {});
    this.follow(player);
    const connected = player.connected(CONNECT_MILLISECONDS);
    try {
      await player.start();
    } catch (error) {
      if (this.player === player) this.lose(`No video: ${error.message}`);
      return;
    }
    if (!(await connected)) {
      if (this.player === player) this.fallBack();
      return;
    }
    if (this.player !== player) return;
    this.showState(this.reporter ? "playing over WebRTC, counted as a client" : "playing over WebRTC, not counted");
    player.peer.addEventListener("connectionstatechange", () => this.watch(player));
  }

  stop(words) {
    this.player?.stop();
    this.player = null;
    this.reporter = null;
    this.lost = false;
    this.video.srcObject = null;
    this.showPictures(false);
    this.facts.show([]);
    this.toggle.textContent = "Start";
    this.showState(words);
  }

  // The server is there, or not; goes on with what was lost with it. A stream of pictures just stands still then.
  reach(reachable) {
    const returned = reachable && !this.reachable;
    this.reachable = reachable;
    if (reachable && (this.lost || (returned && !this.pictures.hidden))) this.start();
  }

  // Stops for now.
  lose(words) {
    this.stop(words);
    this.lost = true;
  }

  watch(player) {
    if (this.player !== player || player.peer.connectionState !== "failed") return;
    // A browser takes its time to notice: the server may be another one by now.
    if (this.reachable) this.start();
    else this.lose("The video broke off: nothing came from the server any more.");
  }

  fallBack() {
    this.stop(NO_UDP);
    this.showPictures(true);
    this.toggle.textContent = "Stop";
  }

  showPictures(shown) {
    this.pictures.hidden = !shown;
    this.video.hidden = shown;
    if (shown) this.pictures.src = "live";
    // Ends the stream; an empty source would be the page itself.
    else this.pictures.removeAttribute("src");
  }

  noPictures() {
    if (this.pictures.hidden) return;
    this.lose("Neither video nor pictures: the server has no room for another viewer, or is gone.");
  }

  // Takes every frame that is shown.
  follow(player) {
    const next = (_, { rtpTimestamp }) => {
      if (this.player !== player) return;
      this.shown += 1;
      if (rtpTimestamp !== undefined) {
        this.video.dataset.rtpTimestamp = rtpTimestamp;
        this.reporter?.frame(this.video, rtpTimestamp);
      }
      this.video.requestVideoFrameCallback(next);
    };
    this.video.requestVideoFrameCallback(next);
  }

  async measure() {
    const { player } = this;
    const seen = await player?.statistics();
    if (!seen || this.player !== player) return;
    const buffered = seen.jitterBufferEmittedCount
      ? ((seen.jitterBufferDelay / seen.jitterBufferEmittedCount) * 1000).toFixed(1)
      : "–";
    const facts = [
      ["frames shown", count(this.shown)],
      ["decoded", count(seen.framesDecoded ?? 0)],
      ["dropped", count(seen.framesDropped ?? 0)],
      ["packets lost", count(seen.packetsLost ?? 0)],
      ["jitter buffer ms", buffered],
      ["RTP timestamp", this.video.dataset.rtpTimestamp ?? "–"],
    ];
    if (this.reporter) {
      const { position, reported } = this.reporter;
      facts.push(["reported", count(reported)]);
      facts.push(["ball at", position ? `${position.x.toFixed(2)}, ${position.y.toFixed(2)}` : "–"]);
    }
    this.facts.show(facts.map(([name, text]) => ({ name, text })));
  }

  showState(words) {
    this.state.textContent = words;
  }
}
