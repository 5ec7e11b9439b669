// The order of the clients' rows: the worst first. Nothing in here knows of the page.

import { isWithoutMedia } from "./objectives.js";

// Why a row goes before others.
const [DECIDES, WITHOUT_MEDIA, BREACHES, BROKEN, GOOD, GONE] = [0, 1, 2, 3, 4, 5];

// Clients, as they were judged, worst first.
export function worstFirst(judged) {
  const ranked = judged.map((client, place) => ({ client, place, rank: rank(client), excess: worst(client.breaches) }));
  // Where nothing is wrong, rows stay as they came: they would only jump.
  ranked.sort((one, other) => one.rank - other.rank || descending(one.excess, other.excess) || one.place - other.place);
  return ranked.map(({ client }) => client);
}

function rank({ row, breaches, isDeciding }) {
  if (isDeciding) return DECIDES;
  if (isWithoutMedia(row)) return WITHOUT_MEDIA;
  if (breaches.size > 0) return BREACHES;
  if (row.state === "Failed" || row.state === "Lost") return BROKEN;
  return row.state === "Connected" ? GOOD : GONE;
}

// The worst breach in doublings, so that rows do not change places over trifles.
function worst(breaches) {
  return Math.floor(Math.log2(Math.max(1, ...[...breaches.values()].map(({ excess }) => excess))));
}

function descending(one, other) {
  return one === other ? 0 : other - one;
}
