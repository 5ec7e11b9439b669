// The map of nodes: a grid with one stop for the tab key, in which the arrow keys move. Cells stay the same elements as long as
// the nodes do, so that focus survives each refresh.

import { highest, nodeMap } from "./nodes.js";
import { clientLines, notes, outcomeWord, pairTitle, round } from "./words.js";

const SIGNS = { Missed: "✕", Unknown: "?", Met: "✓" };
/** Beside the sign a number is only shown where there is room for it. */
const MAX_WITH_NUMBERS = 12;

const part = (id) => document.getElementById(id);
let shown = { servers: [], clients: [] };
/** The pair of nodes that the viewer pointed at last. */
let chosen = null;

/** Listens to pointer and keys. */
export function makeMap() {
  const table = part("map");
  const cellOf = (event) => event.target.closest("td");
  for (const kind of ["focusin", "mouseover", "click"]) {
    table.addEventListener(kind, (event) => cellOf(event) && choose(cellOf(event)));
  }
  table.addEventListener("keydown", (event) => {
    const cell = cellOf(event);
    const next = cell && neighbour(cell, event);
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
  table.addEventListener("focusin", (event) => cellOf(event) && makeTabStop(cellOf(event)));
}

/** Shows the clients of some rows between their nodes. */
export function showMap(rows) {
  const map = nodeMap(rows);
  part("nodes").hidden = map.servers.length === 0;
  if (!isSame(map, shown)) build(map);
  shown = map;
  for (const cell of cells()) fill(cell, map.cell(...pairOf(cell)));
  showPair();
  setText(part("map-omitted"), notes(map).join(" "));
}

function build({ servers, clients }) {
  const focused = document.activeElement?.closest("#map td");
  const pair = focused && pairOf(focused);
  const corner = element("th", { scope: "col", className: "corner", textContent: "server ↓ client →" });
  part("map-clients").replaceChildren(corner, ...clients.map((name) => head("col", name)));
  part("map-servers").replaceChildren(...servers.map((server) => {
    const line = element("tr", {});
    line.append(head("row", server), ...clients.map((client) => makeCell(server, client)));
    return line;
  }));
  part("map").classList.toggle("small", clients.length > MAX_WITH_NUMBERS);
  const again = pair && cells().find((cell) => pairOf(cell).join(" ") === pair.join(" "));
  makeTabStop(again ?? cells()[0]);
  again?.focus({ preventScroll: true });
}

function head(scope, name) {
  const head = element("th", { scope, title: name });
  head.append(element("span", { textContent: name }));
  return head;
}

function makeCell(server, client) {
  const cell = element("td", { tabIndex: -1 });
  cell.setAttribute("role", "gridcell");
  Object.assign(cell.dataset, { server, client });
  cell.append(element("span", { className: "sign" }), element("span", { className: "number" }));
  return cell;
}

function fill(cell, pair) {
  const [sign, number] = cell.children;
  cell.className = pair ? outcomeWord(pair.outcome) : "";
  setText(sign, pair ? SIGNS[pair.outcome] : "");
  const latency = pair && highest(pair.links, "latency");
  setText(number, latency === undefined ? "" : `${round(latency)} ms`);
  const label = [pairTitle(...pairOf(cell), pair), ...clientLines(pair)].join("; ");
  if (cell.ariaLabel !== label) cell.ariaLabel = label;
}

function choose(cell) {
  chosen = pairOf(cell);
  showPair();
}

/** The clients of the pair that was chosen, in words. */
function showPair() {
  const cell = chosen && cells().find((cell) => pairOf(cell).join(" ") === chosen.join(" "));
  const pair = cell && shown.cell(...chosen);
  const hint = "Point at a cell, or go to it with the arrow keys, and its clients are named here.";
  setText(part("pair-title"), cell ? pairTitle(...chosen, pair) : hint);
  const texts = clientLines(pair);
  const list = part("pair-clients");
  if (texts.join("\n") === [...list.children].map((item) => item.textContent).join("\n")) return;
  list.replaceChildren(...texts.map((textContent) => element("li", { textContent })));
}

function neighbour(cell, { key, ctrlKey }) {
  const line = [...cell.parentElement.cells].slice(1);
  const lines = [...part("map-servers").rows];
  const [x, y] = [line.indexOf(cell), lines.indexOf(cell.parentElement)];
  const at = (x, y) => lines[y]?.cells[x + 1];
  const keys = {
    ArrowLeft: () => x > 0 && at(x - 1, y),
    ArrowRight: () => at(x + 1, y),
    ArrowUp: () => at(x, y - 1),
    ArrowDown: () => at(x, y + 1),
    Home: () => at(0, ctrlKey ? 0 : y),
    End: () => at(line.length - 1, ctrlKey ? lines.length - 1 : y),
  };
  return keys[key]?.();
}

function makeTabStop(stop) {
  for (const cell of cells()) cell.tabIndex = cell === stop ? 0 : -1;
}

function isSame(one, other) {
  return ["servers", "clients"].every((edge) => one[edge].join(" ") === other[edge].join(" "));
}

function cells() {
  return [...part("map-servers").querySelectorAll("td")];
}

function pairOf({ dataset }) {
  return [dataset.server, dataset.client];
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function element(name, properties) {
  return Object.assign(document.createElement(name), properties);
}
