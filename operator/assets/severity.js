// How bad a session stands: what is said of its objectives, and its place among all. Nothing in here knows of the page.

/** Why objectives are missed, in the order in which a verdict names them. */
const REASONS = [
  "ClientsLost",
  "NoMedia",
  "ErrorTooHigh",
  "LatencyTooHigh",
  "LossTooHigh",
  "UndetectedTooHigh",
  "DeliveredTooLow",
  "FreezeTooLong",
  "RecoveryTooSlow",
  "SetupTooSlow",
];

const [MISSED_AND_NOT_READY, MISSED, NOT_READY, INCONCLUSIVE, MET, AT_REST] = [0, 1, 2, 3, 4, 5];

/**
 * The `word` of the verdict and a number that is lower for worse sessions, by the conditions Ready and ObjectivesMet.
 * `isAtRest`: it does nothing because it was told so, which is no problem and needs no verdict.
 */
export function severity(ready, met, isAtRest) {
  const level = levelOf(ready?.status === "False" && !isAtRest, met?.status, isAtRest);
  const place = level <= MISSED ? REASONS.indexOf(met.reason) : 0;
  const order = level * (REASONS.length + 1) + (place < 0 ? REASONS.length : place);
  return { word: wordOf(level), order };
}

function levelOf(isBroken, met, isAtRest) {
  if (met === "False") return isBroken ? MISSED_AND_NOT_READY : MISSED;
  if (isBroken) return NOT_READY;
  if (met === "True") return MET;
  return isAtRest ? AT_REST : INCONCLUSIVE;
}

function wordOf(level) {
  if (level <= MISSED) return "Missed";
  if (level <= INCONCLUSIVE) return "Inconclusive";
  return level === MET ? "Met" : "";
}
