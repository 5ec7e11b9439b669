// A client's way to its first report: a bar of its stages, and how long it took, or how far it came.

import { showMark, span } from "./marks.js";

const STAGES = [
  ["signaling", "signalling"],
  ["ice", "ICE"],
  ["dtls", "DTLS"],
  ["firstFrame", "first frame"],
  ["firstReport", "first report"],
];

export function fillSetup(cell, timeline, breach) {
  cell.classList.toggle("breach", breach !== undefined);
  const reached = STAGES.filter(([stage]) => (timeline[stage] ?? null) !== null);
  const words = [...reached.map(([stage, name]) => `${name} ${timeline[stage]}`), breach ? "breach" : ""].filter(Boolean).join(", ");
  if (cell.title === words && cell.hasChildNodes()) return;
  cell.title = words;
  const [mark, value, bar] = ["mark", "value", "bar"].map(span);
  showMark(mark, breach);
  bar.setAttribute("aria-hidden", "true");
  const end = Math.max(1, ...reached.map(([stage]) => timeline[stage]));
  let before = 0;
  for (const [stage] of STAGES) {
    const part = document.createElement("span");
    const at = timeline[stage] ?? before;
    part.style.width = `${(Math.max(0, at - before) / end) * 100}%`;
    before = Math.max(before, at);
    bar.append(part);
  }
  const last = reached.at(-1);
  if (last !== undefined) {
    value.textContent = last[0] === "firstReport" ? `${timeline.firstReport}` : `${last[1]} ${timeline[last[0]]}`;
  }
  cell.replaceChildren(mark, value, bar);
}
