// Writes what werift offers and answers: `node werift_capture.mjs FOLDER OUR_OFFER`, in a folder where werift is installed.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(process.cwd() + "/");
const { MediaStreamTrack, RTCPeerConnection } = require("werift");
const { version } = JSON.parse(readFileSync("node_modules/werift/package.json"));
const [folder, ourOffer] = [process.argv[2], readFileSync(process.argv[3], "utf8")];

async function write(role, variant, prepare) {
  const pc = new RTCPeerConnection({ iceServers: [] });
  await prepare(pc);
  const description = role === "answers" ? await pc.createAnswer() : await pc.createOffer();
  await pc.setLocalDescription(description);
  while (pc.iceGatheringState !== "complete") await new Promise((wake) => setTimeout(wake, 20));
  writeFileSync(`${folder}/werift-${version}.${role}.${variant}.sdp`, pc.localDescription.sdp);
  await pc.close();
}

const channel = (pc) => pc.createDataChannel("positions");
const media = (direction, ...kinds) => (pc) => {
  for (const kind of kinds) {
    pc.addTransceiver(direction === "recvonly" ? kind : new MediaStreamTrack({ kind }), { direction });
  }
  channel(pc);
};
await write("sends", "video", media("sendonly", "video"));
await write("sends", "audio-first", media("sendonly", "audio", "video"));
await write("sends", "audio-last", media("sendrecv", "video", "audio"));
await write("watches", "video", media("recvonly", "video"));
await write("answers", "recvonly", (pc) => pc.setRemoteDescription({ type: "offer", sdp: ourOffer }));
process.exit(0);
