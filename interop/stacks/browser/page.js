// The page of a browser that is a peer. `peer(role, variant)` is made once; then `describe` and `accept`.
function peer(role, variant) {
  const [width, height, radius] = [640, 480, 20];
  const compat = variant === "no-bundle" ? "max-compat" : "balanced";
  const pc = new RTCPeerConnection({ bundlePolicy: compat });
  const counts = { frames: 0, messages: 0 };
  let channel = null;

  const use = (given) => {
    given.onmessage = () => (counts.messages += 1);
    const opened = () => (channel = given);
    given.readyState === "open" ? opened() : (given.onopen = opened);
  };
  pc.ondatachannel = (event) => use(event.channel);

  // A ball that moves to and fro.
  function ball() {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d");
    let number = 0;
    setInterval(() => {
      context.fillStyle = "#121212";
      context.fillRect(0, 0, width, height);
      context.fillStyle = "#ffdc00";
      context.beginPath();
      context.arc(radius + Math.abs(((7 * number++) % (2 * (width - 2 * radius))) - (width - 2 * radius)), height / 2, radius, 0, 7);
      context.fill();
    }, 1000 / 30);
    return canvas.captureStream(30).getVideoTracks()[0];
  }
  const silence = () => new AudioContext().createMediaStreamDestination().stream.getAudioTracks()[0];

  // The centre of what is brighter than the background, weighted by how much brighter.
  function findBall(pixels) {
    let [total, x, y] = [0, 0, 0];
    for (let index = 0; index < pixels.length; index += 4) {
      const weight = pixels[index + 1] - 60;
      if (weight <= 0) continue;
      total += weight;
      x += weight * ((index / 4) % width);
      y += weight * Math.floor(index / 4 / width);
    }
    return total ? { x: x / total, y: y / total } : null;
  }
  pc.ontrack = (event) => {
    if (event.track.kind !== "video") return;
    const video = Object.assign(document.createElement("video"), { muted: true, autoplay: true, playsInline: true });
    document.body.append(video);
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const report = (_, { rtpTimestamp }) => {
      video.requestVideoFrameCallback(report);
      counts.frames += 1;
      context.drawImage(video, 0, 0, width, height);
      const found = findBall(context.getImageData(0, 0, width, height).data);
      // Without a time stamp of the frame, a report is paired by its moment.
      const named = rtpTimestamp === undefined ? {} : { ts: rtpTimestamp };
      if (channel?.readyState === "open" && found) channel.send(JSON.stringify({ ...named, ...found }));
    };
    video.requestVideoFrameCallback(report);
    video.srcObject = new MediaStream([event.track]);
  };

  function add(kind) {
    const layers = [{ rid: "q", scaleResolutionDownBy: 4 }, { rid: "h", scaleResolutionDownBy: 2 }, { rid: "f" }];
    if (role === "watches") return pc.addTransceiver(kind, { direction: "recvonly" });
    const init = variant === "simulcast" ? { sendEncodings: layers } : {};
    return pc.addTransceiver(kind === "video" ? ball() : silence(), { direction: "sendonly", ...init });
  }

  async function describe(offer) {
    if (offer) {
      await pc.setRemoteDescription(offer);
      if (variant === "sendrecv") pc.addTrack(ball());
      if (variant === "channel-by-peer") use(pc.createDataChannel("positions"));
    } else {
      const orders = { "audio-first": ["audio", "video"], "audio-last": ["video", "audio"], "two-videos": ["video", "video"] };
      const added = (orders[variant] ?? ["video"]).map(add);
      if (variant === "h264-only") {
        const codecs = RTCRtpReceiver.getCapabilities("video").codecs.filter((codec) => codec.mimeType === "video/H264");
        if (codecs.length === 0) throw new Error("this browser has no H.264");
        added[0].setCodecPreferences(codecs);
      }
      use(pc.createDataChannel("positions"));
    }
    await pc.setLocalDescription();
    while (pc.iceGatheringState !== "complete") await new Promise((wake) => setTimeout(wake, 5));
    return JSON.stringify(pc.localDescription);
  }

  return { describe, accept: (answer) => pc.setRemoteDescription(answer), counts };
}
