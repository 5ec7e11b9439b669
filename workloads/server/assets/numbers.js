// Named numbers in a definition list, changed in place.

import { count, duration, number, others, pair, setText } from "./format.js";
import { showMark, span } from "./marks.js";
import { isBreach, isNumber, worstOf } from "./objectives.js";

export class Facts {
  constructor(list) {
    this.list = list;
    this.values = new Map();
  }

  // Shows {name, text}, in their order; `notes` are quiet lines below, of which the `worst` client's is the first. `breach`
  // marks the number, `worst.breach` the client's.
  show(facts) {
    for (const { name, text, notes = [], breach, worst } of facts) {
      if (!this.values.has(name)) this.values.set(name, this.add(name));
      const { entry, number, client, below } = this.values.get(name);
      entry.classList.toggle("breach", (breach ?? worst?.breach) !== undefined);
      fill(number, text, breach);
      fill(client, worst?.text ?? "", worst?.breach);
      setText(below, notes.filter(Boolean).join("\n"));
    }
    const names = new Set(facts.map(({ name }) => name));
    for (const [name, { entry }] of this.values) {
      if (names.has(name)) continue;
      entry.remove();
      this.values.delete(name);
    }
  }

  add(name) {
    const [entry, term, description] = ["div", "dt", "dd"].map((tag) => document.createElement(tag));
    const [number, client, below] = ["number", "client", "below"].map(span);
    term.textContent = name;
    number.append(span("mark"), span("value"));
    client.append(span("mark"), span("worst"));
    description.append(number, client, below);
    entry.append(term, description);
    this.list.append(entry);
    return { entry, number, client, below };
  }
}

// Its mark, and its text.
function fill(line, text, breach) {
  line.classList.toggle("breach", breach !== undefined);
  showMark(line.firstElementChild, breach);
  setText(line.lastElementChild, text);
}

// What is judged: of all clients together over the window, and how they came back from the server process before, with what is asked for and the client that is worst.
export function windowFacts({ summary }, objectives, judged) {
  const { recent } = summary;
  const fact = (key, name, text, more = "") => {
    const objective = objectives.find((candidate) => candidate.key === key);
    if (objective === undefined) return { name, text, notes: [more] };
    const limit = `asked: ${objective.isLeast ? "≥" : "≤"} ${number(objective.allowed)} ${objective.unit}`;
    return { name, text, notes: [limit, more], ...judgeAll(objective, summary, judged) };
  };
  const { errorPixels: error, latencyMilliseconds: latency, freezes } = recent;
  const setups = recent.setupMilliseconds ?? summary.setupMilliseconds;
  const facts = [
    fact("deliveredPercent", "delivered %", number(recent.deliveredPercent)),
    fact("lossPercent", "loss %", number(recent.lossPercent)),
    fact("undetectedPercent", "undetected %", number(recent.undetectedPercent)),
    fact("errorPixelsP95", "error p95, px", number(error?.p95), error ? `p50: ${error.p50}` : ""),
    fact("latencyMillisecondsP95", "latency p95, ms", number(latency?.p95), split(recent)),
    fact("longestFreezeMilliseconds", "longest freeze, ms", number(freezes?.longestMilliseconds), freezes ? `freezes: ${freezes.count}` : ""),
    fact("setupMillisecondsP95", "set-up p95, ms", number(setups?.p95), setups ? `p50: ${setups.p50}` : ""),
  ];
  const { recoveryMilliseconds: recovery, lostFrames } = summary;
  const isAsked = objectives.some(({ key }) => key === "recoveryMilliseconds");
  if (!isAsked && !isNumber(recovery)) return facts;
  const missed = isNumber(lostFrames) ? `frames missed: ${count(lostFrames)}` : "";
  return [...facts, fact("recoveryMilliseconds", "recovery, ms", number(recovery), missed)];
}

// Whether all together break an objective, and the client that does so most; or else is the worst, where it is worse
// than all together.
function judgeAll(objective, summary, judged) {
  const measured = objective.all(summary);
  const { row, measured: worst, breach } = worstOf(objective, judged);
  const isOfAll = isNumber(measured) && !(objective.isLeast ? worst < measured : worst > measured);
  const isShown = row !== undefined && (breach !== undefined || !isOfAll);
  return {
    breach: isBreach(objective, measured) ? objective : undefined,
    worst: isShown ? { text: `worst: ${number(worst)}, ${row.id}`, breach } : undefined,
  };
}

// Of what the median latency consists.
function split({ latencyMilliseconds: latency, latencySplit: parts }) {
  if (!latency) return "";
  const known = ["server", "network", "client"].filter((part) => parts?.[part]).map((part) => `${part} ${parts[part].p50}`);
  return `p50: ${latency.p50}${known.length > 0 ? ` = ${known.join(" + ")}` : ""}`;
}

// The whole run.
export function runFacts({ summary }) {
  const { frames } = summary;
  return [
    fact("frames sent", count(frames.sent)),
    fact("matched", count(frames.matched + frames.estimated)),
    fact("others", others(frames) || "none"),
    fact("delivered %", number(summary.deliveredPercent)),
    fact("loss %", number(summary.lossPercent)),
    fact("undetected %", number(summary.undetectedPercent)),
    fact("error px p50 / p95", pair(summary.errorPixels, "p50", "p95")),
    fact("latency ms p50 / p95", pair(summary.latencyMilliseconds, "p50", "p95")),
    fact("freezes, longest ms", pair(summary.freezes, "count", "longestMilliseconds")),
  ];
}

// What became of the packets; empty where the server does not say.
export function networkFacts({ summary: { network } }) {
  return known(network, [
    ["packetsSent", "packets sent"],
    ["packetsLost", "lost before repair"],
    ["packetsRepaired", "repaired"],
    ["packetsGivenUp", "given up"],
    ["roundTripTimeMilliseconds", "round trip ms"],
    ["jitterMilliseconds", "jitter ms"],
    ["nackCount", "NACKs"],
    ["pliCount", "PLIs"],
    ["keyFramesSent", "keyframes sent"],
  ]);
}

// What kept the server from its work; empty where it does not say.
export function processorFacts({ summary: { cpu } }) {
  return known(cpu, [
    ["skippedFrames", "frames skipped"],
    ["throttledMilliseconds", "throttled ms"],
    ["pressureMilliseconds", "waited for a processor ms"],
    ["worstLatenessMilliseconds", "camera late by ms, worst"],
    ["shardWorstLatenessMilliseconds", "sending late by ms, worst"],
  ]);
}

function known(numbers, names) {
  const said = names.filter(([key]) => numbers?.[key] !== undefined);
  return said.map(([key, name]) => fact(name, isNumber(numbers[key]) ? count(numbers[key]) : number(null)));
}

function fact(name, text) {
  return { name, text };
}

// What is streamed, to how many; the number of the report is the one that every view of it has.
export function standing({ summary, connected, withoutMedia }) {
  const { video, durationSeconds, sequence } = summary;
  return [
    `${video.width}×${video.height} at ${video.framesPerSecond} frames per second`,
    `running for ${duration(durationSeconds)}`,
    `${count(connected)} ${connected === 1 ? "client" : "clients"} connected`,
    withoutMedia > 0 ? `${count(withoutMedia)} without media` : "",
    sequence === undefined ? "" : `report ${sequence}`,
  ].filter(Boolean).join(", ");
}
