// The verdict, in one glance: met, missed or neither, why, and whose fault it is.

import { causeWords } from "./causes.js";
import { setText } from "./format.js";

const NAME = "BallSession server";

const OUTCOMES = new Map([
  [true, { word: "Met", sign: "✓", tone: "met" }],
  [false, { word: "Missed", sign: "✕", tone: "missed" }],
  [null, { word: "Inconclusive", sign: "?", tone: "inconclusive" }],
]);

export class Verdict {
  // `parts`: the elements `card`, `sign`, `outcome`, `reason` and `message`; `client`, `node` and `cause`, each in an entry of
  // its own; and `absent`, which is shown where nothing is judged.
  constructor(parts) {
    this.parts = parts;
    this.verdict = undefined;
    this.received = null;
    this.isStale = false;
  }

  show(verdict) {
    this.verdict = verdict ?? null;
    this.received = new Date();
    this.draw();
  }

  // Whether what is shown may no longer be so: a verdict that nobody stands for any more must not look like one.
  setStale(isStale) {
    if (this.isStale === isStale) return;
    this.isStale = isStale;
    this.draw();
  }

  draw() {
    const { verdict, parts, isStale } = this;
    parts.card.hidden = !verdict;
    // Undefined: the server has said nothing yet.
    parts.absent.hidden = verdict !== null;
    document.title = NAME;
    if (!verdict) return;
    const { word, sign, tone } = OUTCOMES.get(verdict.met) ?? OUTCOMES.get(null);
    parts.card.className = `verdict ${isStale ? "stale" : tone}`;
    setText(parts.sign, isStale ? "?" : sign);
    setText(parts.outcome, isStale ? `Unknown, last ${word}` : word);
    const reason = verdict.reason && verdict.reason !== word ? verdict.reason : "";
    setText(parts.reason, reason);
    const when = isStale ? `As of ${this.received.toLocaleTimeString()}: ` : "";
    setText(parts.message, when + lines(verdict.message));
    const isMissed = verdict.met === false;
    entry(parts.client, isMissed ? (verdict.client ?? "all together") : "");
    entry(parts.node, verdict.node);
    entry(parts.cause, isMissed && verdict.cause ? `${verdict.cause}: ${causeWords(verdict.cause)}`.replace(/: $/, "") : "");
    document.title = isStale ? `? ${NAME}` : `${sign} ${[word, reason].filter(Boolean).join(": ")} – ${NAME}`;
  }
}

// Each breach on a line of its own: a breach ends with who it is about, in brackets.
function lines(message = "") {
  return message.replaceAll("); ", ")\n");
}

// A value in its entry, which is left out where there is none.
function entry(value, text) {
  setText(value, text ?? "");
  value.closest("div").hidden = !text;
}
