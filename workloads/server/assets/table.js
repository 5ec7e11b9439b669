// Tables whose rows are changed in place, so that neither selection nor scrolling is lost.

import { count, number, others, pair, setText } from "./format.js";

export class Table {
  // `fill(row, item)` writes an item's cells, `key(item)` names it.
  constructor(table, columns, { key, fill }) {
    this.body = table.tBodies[0];
    this.columns = columns;
    this.key = key;
    this.fill = fill;
    this.rows = new Map();
  }

  show(items) {
    const shown = new Set(items.map(this.key));
    for (const [key, row] of this.rows) {
      if (!shown.has(key)) {
        row.remove();
        this.rows.delete(key);
      }
    }
    items.forEach((item, index) => {
      const key = this.key(item);
      if (!this.rows.has(key)) this.rows.set(key, this.create());
      const row = this.rows.get(key);
      if (this.body.rows[index] !== row) this.body.insertBefore(row, this.body.rows[index] ?? null);
      this.fill(row, item);
    });
  }

  create() {
    const row = document.createElement("tr");
    this.columns.forEach((column, index) => {
      const cell = document.createElement(index === 0 ? "th" : "td");
      if (index === 0) cell.scope = "row";
      if (column === "number") cell.className = "number";
      row.append(cell);
    });
    return row;
  }
}

function fillTexts(row, texts) {
  texts.forEach((text, index) => setText(row.cells[index], text));
}

const GOOD = new Set(["Connected", "Ended"]);

export function clientTable(table) {
  const columns = "text text text text number number text number number number number text".split(" ");
  return new Table(table, columns, {
    key: (client) => client.id,
    fill(row, client) {
      const { frames, reconnects } = client;
      fillTexts(row, [
        reconnects ? `${client.id} (${reconnects} reconnects)` : client.id,
        client.state,
        client.node ?? "",
        pairing(client),
        count(frames.sent),
        count(frames.matched + frames.estimated),
        others(frames),
        number(client.lossPercent),
        pair(client.errorPixels, "p50", "p95"),
        pair(client.latencyMilliseconds, "p50", "p95"),
        pair(client.freezes, "count", "longestMilliseconds"),
      ]);
      row.cells[1].className = GOOD.has(client.state) ? "good" : client.state === "Connecting" ? "warn" : "bad";
      setup(row.cells[11], client.setupMilliseconds);
    },
  });
}

function pairing({ pairing: kind, pairingMilliseconds: shift }) {
  return shift ? `${kind}, ${shift} ms` : kind;
}

const STAGES = [
  ["signaling", "signalling"],
  ["ice", "ICE"],
  ["dtls", "DTLS"],
  ["firstFrame", "first frame"],
  ["firstReport", "first report"],
];

// The way to the first report: a bar of its stages, and how long it took, or how far it came.
function setup(cell, timeline) {
  const reached = STAGES.filter(([stage]) => timeline[stage] !== null);
  const words = reached.map(([stage, name]) => `${name} ${timeline[stage]}`).join(", ");
  if (cell.title === words && cell.hasChildNodes()) return;
  cell.title = words;
  const bar = document.createElement("span");
  bar.className = "bar";
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
  const text = last === undefined ? "" : last[0] === "firstReport" ? `${timeline.firstReport}` : `${last[1]} ${timeline[last[0]]}`;
  cell.replaceChildren(text, bar);
}

export function errorTable(table) {
  return new Table(table, "text number text text".split(" "), {
    key: (error) => error.code,
    fill(row, error) {
      const last = new Date(error.lastSeen).toLocaleTimeString();
      fillTexts(row, [error.code, count(error.count), last, error.message]);
    },
  });
}
