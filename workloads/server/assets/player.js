// Video by WHEP: an offer is posted, the answer has all that is needed, a DELETE ends it.

// How long the last reports may take after the end.
const LAST_REPORTS_MILLISECONDS = 700;

export class Player {
  // With `label` a data channel of that label is opened for reports: it makes this browser a client.
  constructor(label) {
    this.peer = new RTCPeerConnection();
    const lossy = { ordered: false, maxRetransmits: 0 };
    this.channel = label ? this.peer.createDataChannel(label, lossy) : null;
    this.receiver = this.peer.addTransceiver("video", { direction: "recvonly" }).receiver;
    // No more delay than it takes: this is a measurement, not cinema.
    this.receiver.jitterBufferTarget = 0;
    this.stream = new MediaStream([this.receiver.track]);
    this.resource = null;
    this.ended = false;
  }

  // Resolves once the answer is there; rejects with the server's reason.
  async start() {
    await this.peer.setLocalDescription();
    const headers = { "Content-Type": "application/sdp" };
    const response = await fetch("whep", { method: "POST", headers, body: this.peer.localDescription.sdp });
    const text = await response.text();
    if (!response.ok) throw new Error(text.trim());
    // The server does not know under which path a proxy shows it.
    const key = response.headers.get("Location").split("/").pop();
    this.resource = new URL(`whep/${key}`, document.baseURI);
    if (this.ended) return this.leave();
    await this.peer.setRemoteDescription({ type: "answer", sdp: text });
  }

  // Resolves to whether the connection worked within `milliseconds`.
  connected(milliseconds) {
    const { peer } = this;
    return new Promise((resolve) => {
      const finish = (worked) => {
        clearTimeout(timer);
        peer.removeEventListener("connectionstatechange", check);
        resolve(worked);
      };
      const check = () => {
        if (peer.connectionState === "connected") finish(true);
        if (["failed", "closed"].includes(peer.connectionState)) finish(false);
      };
      const timer = setTimeout(() => finish(false), milliseconds);
      peer.addEventListener("connectionstatechange", check);
      check();
    });
  }

  // What the browser measured, as the inbound-rtp statistics of W3C's webrtc-stats.
  async statistics() {
    for (const entry of (await this.receiver.getStats()).values()) {
      if (entry.type === "inbound-rtp") return entry;
    }
    return null;
  }

  // Ends it in good order. The last reports are still sent where there is time for it.
  async stop() {
    if (this.ended) return;
    this.ended = true;
    this.leave();
    if (this.channel?.readyState === "open") {
      await new Promise((resolve) => setTimeout(resolve, LAST_REPORTS_MILLISECONDS));
    }
    this.peer.close();
  }

  // Deletes the resource, also while the page goes away.
  leave() {
    if (this.resource === null) return;
    fetch(this.resource, { method: "DELETE", keepalive: true }).catch(() => {
      // The server is gone, or notices by itself within seconds.
    });
    this.resource = null;
  }
}
