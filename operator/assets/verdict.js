// The verdict on all sessions, in one glance: the worst of theirs, and which sessions are to blame.

const SIGNS = new Map([["Missed", "✕"], ["Inconclusive", "?"], ["Met", "✓"]]);
/** Sessions that are named; the table has all of them, in the same order. */
const MAX_NAMED = 5;
const TITLE = "Sessions – BallSession";

const part = (id) => document.getElementById(id);
const entries = [];

/** Makes the entries of the sessions to blame; `onChoice` is called with the key of one that the viewer wants to see. */
export function makeVerdict(onChoice) {
  for (let place = 0; place < MAX_NAMED; place += 1) {
    const entry = document.createElement("li");
    const name = Object.assign(document.createElement("button"), { type: "button", title: "filter by it" });
    name.addEventListener("click", () => onChoice(name.textContent));
    entry.append(name, span("reason"), span("quiet"), span("message"));
    part("verdict-worst").append(entry);
    entries.push(entry);
  }
}

/** Shows what is said of `rows`. `isPart`: there are sessions that are not listed. `isStale`: that may no longer be so. */
export function showVerdict(rows, { isPart, isStale }) {
  const word = [...SIGNS.keys()].find((word) => rows.some((row) => row.verdict === word));
  part("verdict").hidden = !word;
  document.title = TITLE;
  if (!word) return;
  const sign = isStale ? "?" : SIGNS.get(word);
  part("verdict").className = `verdict ${isStale ? "stale" : word.toLowerCase()}`;
  setText(part("verdict-sign"), sign);
  setText(part("verdict-outcome"), isStale ? `Unknown, last ${word}` : word);
  const guilty = rows.filter((row) => row.verdict === word);
  const counted = `${guilty.length} of ${rows.length} ${rows.length === 1 ? "session" : "sessions"}`;
  setText(part("verdict-count"), isPart ? `${counted} listed` : counted);
  document.title = `${sign} ${word}: ${counted} – BallSession`;
  const worst = rows.filter((row) => row.verdict !== "Met" && row.verdict).sort((one, other) => one.order - other.order);
  entries.forEach((entry, place) => showEntry(entry, worst[place]));
  const more = worst.length - entries.length;
  setText(part("verdict-more"), more > 0 ? `and ${more} more in the table` : "");
}

function showEntry(entry, row) {
  entry.hidden = !row;
  if (!row) return;
  const [name, reason, culprit, message] = entry.children;
  setText(name, row.key);
  setText(reason, [row.verdict, row.missedFor].filter(Boolean).join(": "));
  const cause = row.text.cause && row.verdict === "Missed" ? `cause ${row.text.cause}` : "";
  const decider = row.decidedBy ? `decided by ${row.decidedBy.split(";")[0]}` : "";
  setText(culprit, [decider, cause].filter(Boolean).join(", "));
  // Why it is not ready may be another reason than the one that the verdict has.
  const other = row.text.why && row.text.why !== row.missedFor ? `${row.text.why}: ` : "";
  // Who it is about is said already.
  setText(message, other + row.message.replace(` (${row.decidedBy})`, ""));
}

/** A text that stays as it is is not read out again. */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function span(className) {
  return Object.assign(document.createElement("span"), { className });
}
