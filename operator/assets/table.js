// The table of sessions. Rows stay the same elements as long as their sessions are there, so that focus, selection and
// scrolling survive each refresh. Names and messages are foreign: they are set as text, never as markup.

import { copy } from "./copy.js";
import { COLUMNS, compare, matches } from "./rows.js";

const columns = document.getElementById("columns");
const body = document.getElementById("sessions");
const known = new Map();
let order = { key: "met", isDescending: false };

/** Makes the head; `onOrder` is called when the viewer asks for another order. */
export function makeHead(onOrder) {
  for (const { key, title, isNumber } of COLUMNS) {
    const head = element("th", { scope: "col", className: isNumber ? "number" : "" });
    const button = element("button", { type: "button", textContent: title });
    button.addEventListener("click", () => {
      order = { key, isDescending: order.key === key && !order.isDescending };
      markOrder();
      onOrder();
    });
    head.dataset.key = key;
    head.append(button);
    columns.append(head);
  }
  markOrder();
}

/** Shows the rows that match, and returns how many do. */
export function showRows(rows, filter) {
  const shown = rows.filter((row) => matches(row, filter)).sort((one, other) => compare(one, other, order));
  const keys = new Set(shown.map((row) => row.key));
  for (const [key, line] of known) {
    if (!keys.has(key)) {
      line.remove();
      known.delete(key);
    }
  }
  const focused = document.activeElement;
  shown.forEach((row, place) => {
    const line = known.get(row.key) ?? makeLine(row.key);
    fill(line, row);
    if (body.children[place] !== line) body.insertBefore(line, body.children[place] ?? null);
  });
  // An element that is moved loses it.
  if (focused !== document.activeElement && focused.isConnected) focused.focus({ preventScroll: true });
  return shown.length;
}

function markOrder() {
  for (const head of columns.children) {
    if (head.dataset.key !== order.key) head.removeAttribute("aria-sort");
    else head.setAttribute("aria-sort", order.isDescending ? "descending" : "ascending");
  }
}

function makeLine(key) {
  const line = element("tr", {});
  for (const { key, title, isNumber } of COLUMNS) {
    const cell = element("td", { className: isNumber ? "number" : key });
    // Where there is no room for a head above the rows, each cell says what it is.
    cell.dataset.label = title;
    line.append(cell);
  }
  const why = line.lastElementChild;
  why.append(element("p", {}), element("p", { className: "quiet" }), makeInside(key));
  known.set(key, line);
  return line;
}

/** The line that leads to the page of the session `key`, to be copied. */
function makeInside(key) {
  const inside = element("p", { className: "inside" });
  const button = element("button", { type: "button", textContent: "Copy" });
  button.setAttribute("aria-label", `Copy the line for ${key}`);
  const code = element("code", {});
  const outcome = element("span", { className: "quiet" });
  outcome.setAttribute("role", "status");
  button.addEventListener("click", async () => {
    outcome.textContent = (await copy(code)) ? "copied" : "selected: copy it with Ctrl+C";
  });
  inside.append(code, button, outcome);
  return inside;
}

function fill(line, row) {
  COLUMNS.forEach(({ key }, place) => {
    const cell = line.children[place];
    if (key === "why") return;
    setText(cell, row.text[key]);
    if (row.tone[key]) cell.className = row.tone[key];
  });
  const [reason, message, inside] = line.lastElementChild.children;
  setText(reason, row.text.why);
  setText(message, row.message);
  setText(inside.firstElementChild, row.line ?? "");
  // Where no server runs there is nothing to look into.
  inside.hidden = !row.line;
}

/** What does not change is left alone: somebody may have selected it. */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function element(name, properties) {
  return Object.assign(document.createElement(name), properties);
}
