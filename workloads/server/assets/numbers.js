// Named numbers in a definition list, changed in place.

import { count, duration, number, others, pair, setText } from "./format.js";

export class Facts {
  constructor(list) {
    this.list = list;
    this.values = new Map();
  }

  // Shows pairs of name and text, in their order.
  show(facts) {
    for (const [name, text] of facts) {
      if (!this.values.has(name)) this.values.set(name, this.add(name));
      setText(this.values.get(name), text);
    }
  }

  clear() {
    this.list.replaceChildren();
    this.values.clear();
  }

  add(name) {
    const [entry, term, value] = ["div", "dt", "dd"].map((tag) => document.createElement(tag));
    term.textContent = name;
    entry.append(term, value);
    this.list.append(entry);
    return value;
  }
}

export function totals({ summary, connected, withoutMedia }) {
  const { recent, frames } = summary;
  const last = `last ${recent.windowSeconds} s`;
  return [
    ["clients connected", withoutMedia ? `${connected}, ${withoutMedia} without media` : String(connected)],
    ["frames sent", count(frames.sent)],
    ["matched", count(frames.matched + frames.estimated)],
    ["others", others(frames) || "none"],
    ["loss %, whole run", number(summary.lossPercent)],
    [`loss %, ${last}`, number(recent.lossPercent)],
    [`error px p50 / p95, ${last}`, pair(recent.errorPixels, "p50", "p95")],
    [`latency ms p50 / p95, ${last}`, pair(recent.latencyMilliseconds, "p50", "p95")],
    [`freezes, longest ms, ${last}`, pair(recent.freezes, "count", "longestMilliseconds")],
    ["set-up ms p50 / p95", pair(summary.setupMilliseconds, "p50", "p95")],
  ];
}

export function standing({ summary }) {
  const { width, height, framesPerSecond } = summary.video;
  return `${width}×${height} at ${framesPerSecond} frames per second, running for ${duration(summary.durationSeconds)}`;
}
