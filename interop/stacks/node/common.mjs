// What the peers in Node share: descriptions in and out, and RTP as bytes.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

export const [role, variant, clip] = process.argv.slice(2);
// What is offered, in its order.
const orders = { "audio-first": ["audio", "video"], "audio-last": ["video", "audio"], "two-videos": ["video", "video"] };
export const kinds = orders[variant] ?? ["video"];
export const counts = { frames: 0, messages: 0 };
export const say = (message) => process.stdout.write(JSON.stringify(message) + "\n");

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
// The next description of the other side, or null when there will be none.
export async function read() {
  const { value, done } = await lines.next();
  return done ? null : JSON.parse(value);
}

export async function end() {
  process.stdout.write(JSON.stringify(counts) + "\n", () => process.exit(0));
}

// A report for each frame, which nobody decodes here: `packet` is the RTP packet with its last part.
export function report(packet, channel) {
  const [payloadType, hasMarker] = [packet[1] & 0x7f, packet[1] >= 0x80];
  const isRtcp = payloadType >= 64 && payloadType < 96;
  if (isRtcp || !hasMarker) return;
  counts.frames += 1;
  channel?.(JSON.stringify({ ts: packet.readUInt32BE(4), state: "undetected" }));
}

// Sends the clip over and over: for each of its frames a list of RTP payloads.
export function sendClip(ssrc, payloadType, send) {
  const frames = JSON.parse(readFileSync(clip));
  const began = performance.now();
  let [number, sequence] = [0, 0];
  setInterval(() => {
    for (; number * 1000 / 30 <= performance.now() - began; number += 1) {
      const payloads = frames[number % frames.length];
      payloads.forEach((payload, index) => {
        const header = Buffer.alloc(12);
        header[0] = 0x80;
        header[1] = payloadType | (index === payloads.length - 1 ? 0x80 : 0);
        header.writeUInt16BE(sequence++ & 0xffff, 2);
        header.writeUInt32BE(number * 3000, 4);
        header.writeUInt32BE(ssrc, 8);
        send(Buffer.concat([header, Buffer.from(payload, "base64")]));
      });
    }
  }, 5);
}
