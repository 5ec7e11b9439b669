// Numbers as text. What there is none of is a dash, never 0.

const NONE = "–";

export function number(value) {
  return value === null || value === undefined ? NONE : String(value);
}

// Two numbers of one quantity, as "p50 / p95".
export function pair(quantity, first, second) {
  return quantity ? `${quantity[first]} / ${quantity[second]}` : NONE;
}

export function count(value) {
  return value.toLocaleString("en");
}

// 7200 as "7.2 s", 72 as "72 ms".
export function milliseconds(value) {
  return value >= 1000 ? `${(value / 1000).toFixed(1)} s` : `${Math.round(value)} ms`;
}

// 75 as "1 min 15 s".
export function duration(seconds) {
  const whole = Math.floor(seconds);
  const parts = [
    [Math.floor(whole / 3600), "h"],
    [Math.floor(whole / 60) % 60, "min"],
    [whole % 60, "s"],
  ];
  const said = parts.filter(([amount]) => amount > 0).map(([amount, unit]) => `${amount} ${unit}`);
  return said.join(" ") || "0 s";
}

// Frames that were neither matched nor estimated, by fate.
export function others(frames) {
  return ["lost", "late", "undecodable", "undetected"]
    .filter((fate) => frames[fate] > 0)
    .map((fate) => `${count(frames[fate])} ${fate}`)
    .join(", ");
}

// Sets an element's text unless it has it already: what does not change is not drawn, selected or read out anew.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// The colour that a custom property stands for now: canvases know nothing of light-dark().
export function colour(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const resolved = getComputedStyle(probe).color;
  probe.remove();
  return resolved;
}

// Calls back when light becomes dark or the other way round.
export function onThemeChange(callback) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", callback);
}
