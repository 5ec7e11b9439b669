// What a session looks like as a row: texts, their order, and what a filter finds. Nothing in here knows of the page.

import { severity } from "./severity.js";

/** Where a session's page is while its line runs: not 8081, which is where this page is usually forwarded to. */
export const INSIDE = "http://127.0.0.1:8082/";

/** The columns, in the order of `kubectl get ballsessions -o wide`. A number is sorted as one. */
export const COLUMNS = [
  { key: "namespace", title: "Namespace" },
  { key: "name", title: "Name" },
  { key: "ready", title: "Ready" },
  { key: "met", title: "Met" },
  { key: "clients", title: "Clients", isNumber: true },
  { key: "error", title: "Error p95", isNumber: true },
  { key: "latency", title: "Latency p95", isNumber: true },
  { key: "loss", title: "Loss", isNumber: true },
  { key: "delivered", title: "Delivered", isNumber: true },
  { key: "errors", title: "Errors", isNumber: true },
  { key: "age", title: "Age", isNumber: true },
  { key: "cause", title: "Cause" },
  { key: "path", title: "Path" },
  { key: "why", title: "Reason, and the line that leads inside" },
];

/** The row of a session of /status, at `now` in milliseconds since 1970. */
export function row(session, now) {
  const condition = (type) => session.conditions.find((found) => found.type === type);
  const [ready, met, complete] = ["Ready", "ObjectivesMet", "Complete"].map(condition);
  const age = session.created ? Math.max(0, now - Date.parse(session.created)) / 1000 : undefined;
  const text = {
    namespace: session.namespace ?? "",
    name: session.name ?? "",
    ready: ready?.status ?? "",
    met: met?.status ?? "",
    clients: session.clients ?? "",
    error: session.errorP95 ?? "",
    latency: session.latencyP95 ?? "",
    loss: session.loss ?? "",
    delivered: session.delivered ?? "",
    errors: session.errors === null ? "" : String(session.errors),
    age: age === undefined ? "" : duration(age),
    cause: session.cause ?? "",
    path: session.path ?? "",
    why: session.reason ?? "",
  };
  // A session that does nothing because it was told so is no problem.
  const isAtRest = complete?.status === "True" || ready?.reason === "Suspended";
  const { word, order } = severity(ready, met, isAtRest);
  return {
    key: `${text.namespace}/${text.name}`,
    text,
    age,
    message: session.message ?? "",
    node: session.serverNode ?? "",
    tone: { ready: isAtRest ? "quiet" : tone(ready?.status), met: tone(met?.status) },
    line: isAtRest ? undefined : forwardingLine(text.namespace, text.name),
    isReady: ready?.status === "True" || isAtRest,
    isMissed: met?.status === "False",
    verdict: word,
    order,
    missedFor: met?.status === "True" ? "" : (met?.reason ?? ""),
    decidedBy: session.decidedBy ?? "",
    clients: session.clientRows ?? [],
    wantedClients: Number(/\/(\d+)$/.exec(text.clients)?.[1] ?? 0),
  };
}

/** Whether all words of `filter` are somewhere in a row, in upper or lower case. */
export function matches(row, filter) {
  const nodes = row.clients.map(({ node }) => node);
  const text = [row.key, row.text.why, row.text.cause, row.text.path, row.message, row.node, ...nodes].join(" ").toLowerCase();
  return filter.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

/** Compares two rows by a column; those without a value come last in either direction. */
export function compare(one, other, { key, isDescending }) {
  const [a, b] = [value(one, key), value(other, key)];
  if ((a === undefined) !== (b === undefined)) return a === undefined ? 1 : -1;
  const difference = typeof a === "number" ? a - b : (a ?? "").localeCompare(b ?? "");
  return (isDescending ? -difference : difference) || one.key.localeCompare(other.key);
}

function value(row, key) {
  if (key === "age") return row.age;
  // The worst first: more than True and False.
  if (key === "met") return row.order;
  const text = row.text[key];
  if (!COLUMNS.find((column) => column.key === key).isNumber) return text || undefined;
  // The number that the text begins with: units are the same all over a column.
  const number = Number.parseFloat(text);
  return Number.isNaN(number) ? undefined : number;
}

/** Leads to the server's page. Whatever is no name of Kubernetes' does not get into anybody's terminal. */
function forwardingLine(namespace, name) {
  const isName = (text) => /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text);
  if (!isName(namespace) || !isName(name)) return undefined;
  return `kubectl -n ${namespace} port-forward deploy/${name}-server 8082:8081`;
}

function tone(status) {
  return { True: "good", False: "bad" }[status] ?? "warn";
}

/** As kubectl writes ages, in one unit. */
function duration(seconds) {
  for (const [unit, length] of [["d", 86400], ["h", 3600], ["m", 60]]) {
    if (seconds >= 2 * length) return `${Math.floor(seconds / length)}${unit}`;
  }
  return `${Math.floor(seconds)}s`;
}
