// A peer made with libdatachannel; README.md in the folder above says what all peers have in common.
import libdatachannel from "node-datachannel";
import { clip, counts, end, kinds, read, report, role, say, sendClip, variant } from "./common.mjs";

const SSRC = 42;
let channel = null;

if (role === "--version") {
  console.log("libdatachannel", libdatachannel.getLibraryVersion());
  process.exit(0);
}
const enableIceTcp = variant === "tcp-too";
const pc = new libdatachannel.PeerConnection("peer", { iceServers: [], disableAutoNegotiation: true, enableIceTcp });
pc.onDataChannel(use);
pc.onTrack(watch);

function use(given) {
  given.onMessage(() => (counts.messages += 1));
  const opened = () => (channel = (text) => given.isOpen() && given.sendMessage(text));
  given.isOpen() ? opened() : given.onOpen(opened);
  return given;
}

const tracks = [];
function watch(track) {
  tracks.push(track);
  if (track.type() === "video") {
    track.setMediaHandler(new libdatachannel.RtcpReceivingSession());
    track.onMessage((packet) => report(packet, channel));
  }
}

function add(kind, index) {
  const direction = role === "sends" ? "SendOnly" : "RecvOnly";
  const media = kind === "video" ? new libdatachannel.Video(`video${index}`, direction) : new libdatachannel.Audio("audio", direction);
  kind === "video" ? media.addVP8Codec(96) : media.addOpusCodec(111);
  if (role !== "sends") return watch(pc.addTrack(media));
  media.addSSRC(SSRC + index, "ball", "ball", `ball${index}`);
  const track = pc.addTrack(media);
  tracks.push(track);
  if (kind === "video") {
    track.onOpen(() => sendClip(SSRC + index, 96, (packet) => track.isOpen() && track.sendMessageBinary(packet)));
  }
}

if (role === "answers") {
  const offer = await read();
  pc.setRemoteDescription(offer.sdp, "offer");
  if (variant === "channel-by-peer") use(pc.createDataChannel("positions"));
  pc.setLocalDescription("answer");
} else {
  if (variant === "data-first") use(pc.createDataChannel("positions"));
  kinds.forEach(add);
  if (variant !== "data-first") use(pc.createDataChannel("positions"));
  pc.setLocalDescription("offer");
}
while (pc.gatheringState() !== "complete") await new Promise((wake) => setTimeout(wake, 5));
say(pc.localDescription());
for (let answer; (answer = await read()); ) pc.setRemoteDescription(answer.sdp, "answer");
await end();
