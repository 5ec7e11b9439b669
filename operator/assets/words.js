// The map of nodes in words, for those who point at it and those who do not see it. Nothing in here knows of the page.

import { highest, MAX_NODES } from "./nodes.js";

const WORDS = { Missed: "missed", Unknown: "unknown", Met: "met" };
/** Clients of a pair of nodes that are named; the rest is counted. */
const MAX_LINKS = 8;

export function outcomeWord(outcome) {
  return WORDS[outcome];
}

/** A pair of nodes in words, with the highest of its clients' numbers; `pair` is nothing where no client is. */
export function pairTitle(server, client, pair) {
  const between = `server on ${server}, client on ${client}`;
  if (!pair) return `${between}: no client`;
  const { outcome, links } = pair;
  const numbers = [["latency p95", "latency", "ms"], ["loss", "loss", "%"]]
    .map(([name, quantity, unit]) => [name, highest(links, quantity), unit])
    .filter(([, number]) => number !== undefined)
    .map(([name, number, unit]) => `${name} up to ${round(number)} ${unit}`);
  const count = links.length === 1 ? "1 client" : `${links.length} clients`;
  return `${between}: ${[WORDS[outcome], count, ...numbers].join(", ")}`;
}

/** The clients of a pair, the worst first, a line each. */
export function clientLines(pair) {
  const links = pair?.links ?? [];
  const texts = links.slice(0, MAX_LINKS).map(({ session, id, outcome, state, latency, loss }) => {
    const numbers = [
      Number.isFinite(latency) ? `latency p95 ${round(latency)} ms` : "",
      Number.isFinite(loss) ? `loss ${round(loss)} %` : "",
    ];
    return `${session}, ${[id, WORDS[outcome], state, ...numbers].filter(Boolean).join(", ")}`;
  });
  const more = links.length - MAX_LINKS;
  return more > 0 ? [...texts, `and ${more} more, none of them worse`] : texts;
}

/** What the map does not have, a sentence each. */
export function notes({ omittedServers, omittedClients, withoutNode, withoutRow }) {
  const notes = [];
  if (omittedServers + omittedClients > 0) {
    const left = `${omittedServers} further nodes with servers and ${omittedClients} with clients are left out`;
    notes.push(`The map has the worst ${MAX_NODES} nodes of each kind: ${left}; the filter finds them by name.`);
  }
  if (withoutNode > 0) notes.push(`Clients without a place here, as a node is not known: ${withoutNode}.`);
  if (withoutRow > 0) notes.push(`Clients without numbers of their own: ${withoutRow}; each session has rows for its worst 16.`);
  return notes;
}

/** Three digits are enough to compare by. */
export function round(number) {
  return String(Number(number.toPrecision(3)));
}
