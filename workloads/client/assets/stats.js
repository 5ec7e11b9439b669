// What the client measures about itself, by the names of W3C's webrtc-stats where it has one, in groups.
//
// The client may be of another version than this file was written with: what it does not say is left out.

const number = (value, digits = 0) => value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const count = (value) => number(value);
const milliseconds = (value) => (value >= 10000 ? `${number(value / 1000, 1)} s` : `${number(value, value < 100 ? 1 : 0)} ms`);
const seconds = (value) => milliseconds(value * 1000);
const share = (sum, parts) => (parts > 0 ? sum / parts : undefined);

/** How much the time between two frames differs from its mean. */
function deviation({ framesDecoded, totalInterFrameDelay: sum, totalSquaredInterFrameDelay: squares }) {
  const intervals = framesDecoded - 1;
  if (!(intervals > 0)) return undefined;
  return Math.sqrt(Math.max(0, squares / intervals - (sum / intervals) ** 2));
}

// Each number: what it is, the name it has in the JSON, how to read it and how to write it.
const own = (words, name, write) => ({ words, name, read: (stats) => stats[name], write });
const processor = (words, name) => ({ words, name: `cpu.${name}`, read: ({ cpu }) => cpu?.[name], write: milliseconds });
const GROUPS = [
  ["Packets", [
    own("received", "packetsReceived", count),
    own("lost", "packetsLost", count),
    own("repaired", "packetsRepaired", count),
    own("jitter", "jitter", seconds),
    own("asked for again", "nackCount", count),
    own("keyframes asked for", "pliCount", count),
  ]],
  ["Frames", [
    own("received", "framesReceived", count),
    own("decoded", "framesDecoded", count),
    own("dropped", "framesDropped", count),
    own("keyframes decoded", "keyFramesDecoded", count),
    {
      words: "decoding, mean",
      name: "totalDecodeTime / framesDecoded",
      read: ({ totalDecodeTime, framesDecoded }) => share(totalDecodeTime, framesDecoded),
      write: seconds,
    },
  ]],
  ["Freezes", [
    own("freezes", "freezeCount", count),
    own("frozen, in all", "totalFreezesDuration", seconds),
    own("longest gap of 3 s", "longestGap", milliseconds),
    own("the same, received", "longestReceivedGap", milliseconds),
    own("since the last frame", "sinceDecoded", milliseconds),
    {
      words: "between frames, mean",
      name: "totalInterFrameDelay",
      read: ({ totalInterFrameDelay, framesDecoded }) => share(totalInterFrameDelay, framesDecoded - 1),
      write: seconds,
    },
    { words: "its deviation", name: "totalSquaredInterFrameDelay", read: deviation, write: seconds },
  ]],
  ["Processor", [
    processor("throttled", "throttledMilliseconds"),
    processor("waited for it", "pressureMilliseconds"),
    processor("frame waited, worst", "worstLatenessMilliseconds"),
  ]],
];

const shown = new Map();

/** Shows `stats` in the element `groups`; whether there was anything to show. */
export function showStats(groups, stats) {
  for (const [title, numbers] of GROUPS) {
    const known = numbers.filter(({ read }) => Number.isFinite(read(stats ?? {})));
    const group = shown.get(title) ?? makeGroup(groups, title);
    group.hidden = known.length === 0;
    const list = group.querySelector("dl");
    const names = known.map(({ name }) => name).join();
    if (list.dataset.names !== names) makeList(list, known, names);
    known.forEach(({ read, write }, place) => {
      const value = list.querySelectorAll("dd")[place];
      const text = write(read(stats));
      if (value.textContent !== text) value.textContent = text;
    });
  }
  return [...shown.values()].some((group) => !group.hidden);
}

function makeGroup(groups, title) {
  const group = document.createElement("div");
  group.append(Object.assign(document.createElement("h3"), { textContent: title }), document.createElement("dl"));
  groups.append(group);
  shown.set(title, group);
  return group;
}

function makeList(list, numbers, names) {
  list.dataset.names = names;
  list.replaceChildren(...numbers.flatMap(({ words, name }) => {
    const term = Object.assign(document.createElement("dt"), { textContent: `${words} ` });
    term.append(Object.assign(document.createElement("code"), { textContent: name }));
    return [term, document.createElement("dd")];
  }));
}
