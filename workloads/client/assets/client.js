// Shows /status once a second, and the live picture beside it while somebody can see it.

import { showStats } from "./stats.js";

const POLL = 1000;
const ANSWER_LIMIT = 3000;
const RETRY = 5000;

const element = (id) => document.getElementById(id);
const picture = element("picture");
const pause = element("pause");

// --- the picture ---

let paused = false;
let answers = true; // whether the client answered last
let waiting = null; // why the client has no video
let refused = null; // why there was no stream
let streams = 0;

/** Opens a stream, a new one each time; a still where it is paused, and nothing where nobody could see it. */
function attach() {
  refused = null;
  if (document.hidden) {
    picture.removeAttribute("src");
  } else {
    streams += 1;
    picture.src = `${paused ? "frame.png" : "live"}?${streams}`;
  }
  showWhatIsMissing();
}

function showWhatIsMissing() {
  let why = null;
  if (!answers) why = "No picture: the client does not answer. It has ended, or the way to it is gone.";
  else if (waiting) why = `No picture: ${waiting}`;
  else if (refused) why = refused;
  const missing = element("missing");
  // Said once, not every second.
  if (missing.textContent !== (why ?? "")) missing.textContent = why ?? "";
  missing.hidden = why === null;
}

picture.addEventListener("error", async () => {
  if (!picture.hasAttribute("src")) return;
  const attempt = streams;
  // An image does not expose what the answer was.
  const answer = await fetch("live", { signal: AbortSignal.timeout(ANSWER_LIMIT) }).catch(() => null);
  if (answer?.ok) answer.body.cancel();
  else if (answer) refused = `${(await answer.text()).trim()}; trying again every ${RETRY / 1000} s`;
  showWhatIsMissing();
  setTimeout(() => {
    if (attempt === streams) attach();
  }, RETRY);
});

pause.addEventListener("click", () => {
  paused = !paused;
  pause.setAttribute("aria-pressed", String(paused));
  attach();
});

document.addEventListener("visibilitychange", attach);

// --- the numbers ---

const show = (id, text) => {
  element(id).textContent = text ?? "–";
};
const number = (value, digits = 0) => value?.toLocaleString("en", {
  minimumFractionDigits: digits,
  maximumFractionDigits: digits,
});

let before = null;

function showNumbers(status) {
  const { ball, frames, setupMilliseconds: setup, errors } = status;
  document.title = `${status.id} – BallSession client`;
  show("id", status.id);
  show("state", status.state);
  element("state").className = status.waiting ? "bad" : "good";
  show("server", status.server);
  show("ball", ball && `(${number(ball.x, 2)}, ${number(ball.y, 2)})`);
  show("confidence", ball && `${number(ball.confidence * 100)} %`);
  show("rate", number(rate(status), 1));
  show("duration", `${number(status.durationSeconds)} s`);
  show("detected", number(frames.detected));
  show("undetected", number(frames.undetected));
  show("undecodable", number(frames.undecodable));
  show("overruns", number(status.queueOverruns));
  show("reconnects", number(status.reconnects));
  show("signaling", number(setup.signaling));
  show("ice", number(setup.ice));
  show("dtls", number(setup.dtls));
  show("first-frame", number(setup.firstFrame));
  show("first-decoded", number(setup.firstDecoded));
  element("stats").hidden = !showStats(element("stats-groups"), status.stats);
  showErrors(errors);
  before = status;
}

/** Frames decoded a second since the poll before this one, if that was the same process. */
function rate(status) {
  if (before?.startedAt !== status.startedAt) return null;
  const seconds = status.durationSeconds - before.durationSeconds;
  return seconds > 0 ? (status.frames.decoded - before.frames.decoded) / seconds : null;
}

function showErrors(errors) {
  const cell = (text, className) => {
    const cell = document.createElement("td");
    cell.textContent = text;
    cell.className = className;
    return cell;
  };
  const rows = errors.map((error) => {
    const row = document.createElement("tr");
    const last = new Date(error.lastSeen).toLocaleTimeString();
    row.append(cell(error.code, "bad"), cell(number(error.count), "number"), cell(last, ""), cell(error.message, ""));
    return row;
  });
  element("errors").replaceChildren(...rows);
  element("some-errors").hidden = rows.length === 0;
  element("no-errors").hidden = rows.length !== 0;
}

async function poll() {
  try {
    const answer = await fetch("status", { cache: "no-store", signal: AbortSignal.timeout(ANSWER_LIMIT) });
    const status = await answer.json();
    const isBack = !answers;
    answers = true;
    waiting = status.waiting;
    showNumbers(status);
    if (isBack) attach();
  } catch {
    answers = false;
    element("state").className = "bad";
    show("state", "No answer");
    show("rate", null);
  }
  showWhatIsMissing();
  setTimeout(poll, POLL);
}

attach();
poll();
