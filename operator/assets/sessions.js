// Asks the operator again and again, and shows what it says.

import { makeMap, showMap } from "./map.js";
import { INSIDE, matches, row } from "./rows.js";
import { makeHead, showRows } from "./table.js";
import { makeVerdict, showVerdict } from "./verdict.js";

/** Between an answer and the next question, in milliseconds. */
const PAUSE = 3000;
/** How long an answer may take. */
const PATIENCE = 10000;
/** The namespace whose sessions alone are wanted: the page was opened with it. */
const NAMESPACE = new URLSearchParams(location.search).get("namespace");
/** Who may see that namespace alone is refused the sessions of all. */
const STATUS = NAMESPACE === null ? "status" : `status?${new URLSearchParams({ namespace: NAMESPACE })}`;

const part = (id) => document.getElementById(id);
let status = null;
let answered = null;
/** Whether the last question had no answer. */
let isStale = false;

async function ask() {
  let problem = "";
  try {
    const response = await fetch(STATUS, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    status = await response.json();
    answered = new Date();
    isStale = false;
  } catch (error) {
    const since = answered ? ` What is below is from ${answered.toLocaleTimeString()}.` : "";
    isStale = true;
    problem = `No answer from the operator: ${error.message}.${since}`;
  }
  say("problem", problem);
  show();
  setTimeout(askWhenVisible, PAUSE);
}

/** Nobody looks at a hidden page. */
function askWhenVisible() {
  if (document.hidden) document.addEventListener("visibilitychange", askWhenVisible, { once: true });
  else ask();
}

function show() {
  if (!status) return;
  const rows = status.sessions.map((session) => row(session, Date.now()));
  const count = (test) => rows.filter(test).length;
  const [idle, missed] = [count((row) => !row.isReady), count((row) => row.isMissed)];
  showVerdict(rows, { isPart: status.omitted > 0 || status.incomplete, isStale });
  const place = NAMESPACE === null ? "" : ` in the namespace ${NAMESPACE}`;
  setText("summary", `${status.watched} sessions watched${place}, ${rows.length} listed: ${idle} not ready, ${missed} with objectives not met.`);
  const standby = status.standby ? `This replica of the operator stands by: ${status.standby}.` : "";
  say("waiting", status.ready ? standby : `The operator is not ready: it waits for ${status.waitingFor.join("; for ")}.`);
  const filter = part("filter").value.trim();
  const matching = showRows(rows, filter);
  showMap(rows.filter((row) => matches(row, filter)));
  setText("matches", filter ? `${matching} of ${rows.length} match` : "");
  say("empty", matching ? "" : filter && rows.length ? "No session matches the filter." : "There are no sessions.");
  const omitted = status.omitted ? `${status.omitted} further sessions are not shown: kubectl get ballsessions ${NAMESPACE === null ? "-A" : `-n ${NAMESPACE}`} has all.` : "";
  say("omitted", status.incomplete ? `${omitted} Not all namespaces were looked into.`.trim() : omitted);
  showUndecodable(status.undecodable);
  setText("version", status.version);
}

function showUndecodable(sessions) {
  part("undecodable").hidden = sessions.length === 0;
  const texts = sessions.map(({ namespace, name, error }) => `${namespace}/${name}: ${error}`);
  const list = part("undecodable-sessions");
  if (texts.join("\n") === [...list.children].map((item) => item.textContent).join("\n")) return;
  list.replaceChildren(...texts.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
}

/** Shows a paragraph with `text`, or none without. */
function say(id, text) {
  setText(id, text);
  part(id).hidden = text === "";
}

/** A text that stays as it is is not read out again. */
function setText(id, text) {
  if (part(id).textContent !== text) part(id).textContent = text;
}

part("json").href = STATUS;
Object.assign(part("inside"), { href: INSIDE, textContent: INSIDE });
makeHead(show);
makeMap();
makeVerdict((key) => {
  part("filter").value = key;
  show();
});
part("filter").addEventListener("input", show);
part("search").addEventListener("submit", (event) => event.preventDefault());
ask();
