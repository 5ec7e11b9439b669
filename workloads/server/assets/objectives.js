// What is asked of the numbers, and which numbers break it. Nothing in here knows of the page.
//
// The server may be of another version than this file was written with: what it does not say is not judged.

import { number } from "./format.js";

// Ratios and percentiles of a client count once it was wanted for so long, and for so many frames: as in the verdict.
const ENOUGH_SECONDS = 5;
const ENOUGH_FRAMES = 100;
// Without a decoded frame for so long, a client has no media.
const WITHOUT_MEDIA_MILLISECONDS = 5000;

// The quantities, each named by its key in the objectives. `all` reads it of all clients together, `own` of a client's
// row, both over the window; `isAtAnyCount`: also where there are few frames.
const QUANTITIES = [
  {
    key: "deliveredPercent",
    unit: "%",
    isLeast: true,
    all: ({ recent }) => recent.deliveredPercent,
    own: ({ recent }) => recent?.deliveredPercent,
  },
  {
    key: "lossPercent",
    unit: "%",
    all: ({ recent }) => recent.lossPercent,
    own: ({ recent }) => recent?.lossPercent,
  },
  {
    key: "undetectedPercent",
    unit: "%",
    all: ({ recent }) => recent.undetectedPercent,
    own: ({ recent }) => recent?.undetectedPercent,
  },
  {
    key: "errorPixelsP95",
    unit: "px",
    all: ({ recent }) => recent.errorPixels?.p95,
    own: ({ recent }) => recent?.errorPixelsP95,
  },
  {
    key: "latencyMillisecondsP95",
    unit: "ms",
    all: ({ recent }) => recent.latencyMilliseconds?.p95,
    own: ({ recent }) => recent?.latencyMillisecondsP95,
  },
  {
    key: "longestFreezeMilliseconds",
    unit: "ms",
    isAtAnyCount: true,
    all: ({ recent }) => recent.freezes?.longestMilliseconds,
    own: longestFreeze,
  },
  {
    key: "setupMillisecondsP95",
    unit: "ms",
    isAtAnyCount: true,
    all: (summary) => (summary.recent.setupMilliseconds ?? summary.setupMilliseconds)?.p95,
    own: ({ setupMilliseconds }) => setupMilliseconds?.firstReport,
  },
  {
    key: "recoveryMilliseconds",
    unit: "ms",
    isAtAnyCount: true,
    all: ({ recoveryMilliseconds }) => recoveryMilliseconds,
    own: ({ recoveryMilliseconds }) => recoveryMilliseconds,
  },
];

// The objectives of an update that have a limit: their quantities, each with what is `allowed`.
export function objectivesOf({ summary, objectives }) {
  const limits = summary.objectives ?? objectives ?? {};
  return QUANTITIES.filter(({ key }) => isNumber(limits[key])).map((quantity) => ({ ...quantity, allowed: limits[quantity.key] }));
}

// Every client of a summary with what it breaks by itself, and whether the verdict is missed because of it.
export function judge({ clients, verdict, video }, objectives) {
  const decider = verdict?.met === false ? verdict.client : undefined;
  return clients.map((row) => ({
    row,
    video,
    isWanted: isWanted(row),
    isDeciding: row.id === decider,
    breaches: breachesOf(row, objectives, video),
  }));
}

// Whether the client is to be there, as far as its row says so: after its end only while its open gap still counts.
function isWanted({ state, openGapMilliseconds }) {
  return state === "Connecting" || state === "Connected" || isNumber(openGapMilliseconds);
}

// Whether the client should have media, and has none.
export function isWithoutMedia(row) {
  const { matched, estimated, late, undetected } = row.frames;
  if (row.state === "Connecting") return true;
  if (row.state === "Connected" && matched + estimated + late + undetected === 0) return true;
  return row.openGapMilliseconds >= WITHOUT_MEDIA_MILLISECONDS;
}

// The objectives that a client's row breaks by itself: by their key, each with what is `measured` and `excess`, how many
// times over.
function breachesOf(row, objectives, video) {
  const breaches = new Map();
  if (!isWanted(row)) return breaches;
  const isJudged = hasEnough(row, video.framesPerSecond);
  for (const objective of objectives) {
    const measured = objective.own(row);
    if (!isBreach(objective, measured) || !(isJudged || objective.isAtAnyCount)) continue;
    breaches.set(objective.key, { ...objective, measured, excess: excess(objective, measured) });
  }
  return breaches;
}

// The client whose number is the worst, before all others those that break the objective: its `row`, `measured` and
// `breach`; nothing where no client has such a number.
export function worstOf(objective, judged) {
  const known = judged
    .filter(({ isWanted }) => isWanted)
    .map(({ row, breaches }) => ({ row, measured: objective.own(row), breach: breaches.get(objective.key) }))
    .filter(({ measured }) => isNumber(measured));
  const isWorse = (one, other) => {
    if ((one.breach === undefined) !== (other.breach === undefined)) return one.breach !== undefined;
    return objective.isLeast ? one.measured < other.measured : one.measured > other.measured;
  };
  return known.reduce((worst, client) => (worst.row === undefined || isWorse(client, worst) ? client : worst), {});
}

export function isBreach({ allowed, isLeast }, measured) {
  if (!isNumber(measured)) return false;
  return isLeast ? measured < allowed : measured > allowed;
}

// How many times over, from 1.
function excess({ allowed, isLeast }, measured) {
  const [larger, smaller] = isLeast ? [allowed, measured] : [measured, allowed];
  return smaller > 0 ? larger / smaller : Infinity;
}

// "at most 1 %".
export function limitWords({ allowed, isLeast, unit }) {
  return `${isLeast ? "at least" : "at most"} ${number(allowed)} ${unit}`;
}

// The longest freeze of the window in the viewer's time, which may be open.
export function longestFreeze({ recent, openGapMilliseconds }) {
  return recent?.longestFreezeMilliseconds ?? openGapMilliseconds;
}

function hasEnough({ recent }, framesPerSecond) {
  const wanted = recent?.wantedSeconds;
  return wanted === undefined || wanted >= Math.max(ENOUGH_SECONDS, ENOUGH_FRAMES / framesPerSecond);
}

export function isNumber(value) {
  return Number.isFinite(value);
}
