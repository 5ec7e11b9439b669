// The row of a client. A cell has the number of the window, which is what is judged, and below it that of the whole run.

import { causeWords } from "./causes.js";
import { count, milliseconds, number, others, setText } from "./format.js";
import { showMark, span } from "./marks.js";
import { isNumber, isWithoutMedia, longestFreeze } from "./objectives.js";
import { fillSetup } from "./setup.js";
import { Table } from "./table.js";
import { mtuWords, wayOf } from "./way.js";

const COLUMNS = "text text text number number number number number number number text text number".split(" ");
const GOOD = new Set(["Connected", "Ended"]);

// Shows clients {row, breaches, isDeciding, video}.
export function clientTable(table) {
  return new Table(table, COLUMNS, {
    key: ({ row }) => row.id,
    fill(line, item) {
      const { row, breaches, isDeciding, video } = item;
      const { recent } = row;
      const cells = line.cells;
      line.className = isDeciding ? "deciding" : "";
      fill(cells[0], row.id, [isDeciding ? "decides the verdict" : "", about(row)]);
      fillState(cells[1], row);
      // Every client has a cause, for the case that something is wrong with it.
      const cause = isDeciding || breaches.size > 0 || isWithoutMedia(row) ? (row.cause ?? "") : "";
      fill(cells[2], cause, [cause && evidence(row)]);
      cells[2].title = causeWords(cause);
      const numbers = [
        ["deliveredPercent", recent?.deliveredPercent, number(row.deliveredPercent)],
        ["lossPercent", recent?.lossPercent, number(row.lossPercent)],
        ["undetectedPercent", recent?.undetectedPercent, number(row.undetectedPercent)],
        ["errorPixelsP95", recent?.errorPixelsP95, number(row.errorPixels?.p95)],
        ["latencyMillisecondsP95", recent?.latencyMillisecondsP95, number(row.latencyMilliseconds?.p95)],
      ];
      numbers.forEach(([key, now, run], index) => {
        if (recent) fill(cells[index + 3], number(now), [`run ${run}`], breaches.get(key));
        else fill(cells[index + 3], run, []);
      });
      cells[6].title = medians(row.errorPixels);
      cells[7].title = medians(row.latencyMilliseconds);
      fillFreeze(cells[8], row, breaches.get("longestFreezeMilliseconds"), video);
      fill(cells[9], `${count(row.frames.matched + row.frames.estimated)} of ${count(row.frames.sent)}`, [others(row.frames)]);
      fillSetup(cells[10], row.setupMilliseconds, breaches.get("setupMillisecondsP95"));
      const way = wayOf(row);
      fill(cells[11], way?.to ?? "", [way ? `from ${way.from}` : "", mtuWords(row.pathMtu)]);
      fillRecovery(cells[12], row, breaches.get("recoveryMilliseconds"));
    },
  });
}

// A cell's value, marked where it breaks an objective, and quiet lines below it.
function fill(cell, value, lines, breach) {
  if (!cell.hasChildNodes()) cell.append(...["mark", "value"].map(span));
  const [mark, shown, ...rest] = cell.children;
  showMark(mark, breach);
  setText(shown, value);
  cell.classList.toggle("breach", breach !== undefined);
  const said = lines.filter((line) => line !== "");
  rest.slice(said.length).forEach((line) => line.remove());
  said.forEach((line, index) => setText(rest[index] ?? cell.appendChild(span("below")), line));
}

function medians(quantity) {
  return quantity ? `whole run: p50 ${quantity.p50}, p95 ${quantity.p95}` : "";
}

function about({ node, zone, attempt, reconnects, pairing, pairingMilliseconds: shift }) {
  const paired = pairing === "rtp" ? "" : `paired by ${pairing}${shift ? `, ${shift} ms` : ""}`;
  const place = [node, zone].filter(Boolean).join(" in ");
  const [retried, returned] = [attempt > 1 ? `attempt ${attempt}` : "", reconnects ? `${reconnects} reconnects` : ""];
  return [place, retried, returned, paired].filter(Boolean).join(", ");
}

function fillState(cell, row) {
  const isMissing = isWithoutMedia(row);
  const gap = row.openGapMilliseconds;
  const words = isNumber(gap) ? `no frame for ${(gap / 1000).toFixed(1)} s` : "no frame yet";
  fill(cell, row.state, [isMissing ? words : ""]);
  const isGood = GOOD.has(row.state) && !isMissing;
  cell.classList.remove("good", "warn", "bad");
  cell.classList.add(isGood ? "good" : row.state === "Connecting" ? "warn" : "bad");
}

function fillFreeze(cell, row, breach, video) {
  const { recent, freezes, freezesFrom, openGapMilliseconds: gap } = row;
  // W3C's freezeCount has gaps above max(3 x interval, interval + 150 ms); this one is less an interval.
  const limit = Math.max(2000 / video.framesPerSecond, 150);
  const lines = [
    gap > limit ? `open for ${milliseconds(gap)}` : "",
    recent ? `run ${number(freezes?.longestMilliseconds)}` : "",
    freezesFrom === "arrivals" ? "from arrivals" : "",
  ];
  const value = recent ? longestFreeze(row) : freezes?.longestMilliseconds;
  fill(cell, number(value), lines, breach);
  cell.title = freezes ? `whole run: ${count(freezes.count)} freezes` : "";
}

// Empty where the client did not have to come back from another server process.
function fillRecovery(cell, { recoveryMilliseconds: recovery, lostFrames }, breach) {
  const lines = isNumber(lostFrames) ? [`${count(lostFrames)} frames missed`] : [];
  fill(cell, isNumber(recovery) ? number(recovery) : "", lines, breach);
}

// What the cause was found by, as far as the row has it.
function evidence({ cause, network, cpu, pathMtu }) {
  const facts = [];
  const add = (value, words) => value > 0 && facts.push(words(value));
  if (cause === "Network" && pathMtu?.toClient < pathMtu?.largestPacket) {
    facts.push(`above ${count(pathMtu.toClient)} bytes vanish`);
  }
  if (cause === "Network" && network) {
    add(network.packetsLost, (lost) => `${count(lost)} packets lost`);
    add(network.packetsGivenUp, (lost) => `${count(lost)} given up`);
    add(network.roundTripTimeMilliseconds, (time) => `RTT ${time} ms`);
    add(network.jitterMilliseconds, (time) => `jitter ${time} ms`);
  }
  if (cause === "ClientCpu" && cpu) {
    add(cpu.throttledMilliseconds, (time) => `throttled ${milliseconds(time)}`);
    add(cpu.pressureMilliseconds, (time) => `waiting ${milliseconds(time)}`);
    add(cpu.worstLatenessMilliseconds, (time) => `late by ${milliseconds(time)}`);
  }
  return facts.slice(0, 2).join(", ");
}
