// A peer made with werift; README.md in the folder above says what all peers have in common.
import { readFileSync } from "node:fs";
import { MediaStreamTrack, RTCPeerConnection } from "werift";
import { counts, end, kinds, read, report, role, say, sendClip, variant } from "./common.mjs";

let channel = null;

if (role === "--version") {
  const manifest = new URL("node_modules/werift/package.json", import.meta.url);
  console.log("werift", JSON.parse(readFileSync(manifest)).version);
  process.exit(0);
}
const bundlePolicy = variant === "no-bundle" ? "disable" : "max-compat";
const pc = new RTCPeerConnection({ iceServers: [], bundlePolicy });
pc.onDataChannel.subscribe(use);
pc.onTrack.subscribe((track) => {
  if (track.kind === "video") track.onReceiveRtp.subscribe((packet) => report(packet.serialize(), channel));
});

function use(given) {
  given.onMessage.subscribe(() => (counts.messages += 1));
  channel = (text) => given.readyState === "open" && given.send(text);
}

function add(kind) {
  if (role === "watches") return pc.addTransceiver(kind, { direction: "recvonly" });
  const track = new MediaStreamTrack({ kind });
  const { sender } = pc.addTransceiver(track, { direction: "sendonly" });
  if (kind !== "video") return;
  // Not when all is connected: with a rejected section, some of it never is.
  sender.onReady.subscribe(() => sendClip(sender.ssrc, sender.codec.payloadType, (packet) => track.writeRtp(packet)));
}

if (role === "answers") {
  const offer = await read();
  await pc.setRemoteDescription(offer);
  if (variant === "channel-by-peer") use(pc.createDataChannel("positions"));
  await pc.setLocalDescription(await pc.createAnswer());
} else {
  kinds.forEach(add);
  use(pc.createDataChannel("positions"));
  await pc.setLocalDescription(await pc.createOffer());
}
while (pc.iceGatheringState !== "complete") await new Promise((wake) => setTimeout(wake, 5));
say({ type: pc.localDescription.type, sdp: pc.localDescription.sdp });
for (let answer; (answer = await read()); ) await pc.setRemoteDescription(answer);
await end();
