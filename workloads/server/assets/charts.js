// Charts of the last minutes: the median and the 95th percentile of each second, and what is asked of the latter.

import { colour, number, onThemeChange, setText } from "./format.js";
import { drawLimit, top } from "./limit.js";

/* global uPlot */

// As many seconds as the server keeps.
const LENGTH = 300;
// Where two seconds are further apart than this, those between were missed: the line is broken there.
const GAP_SECONDS = 1.9;

// The seconds that are known, of one server process.
export class History {
  constructor() {
    this.points = [];
  }

  reset(points) {
    this.points = points;
  }

  // Takes those that are newer than what is there.
  add(points) {
    const newest = this.points.at(-1)?.seconds ?? -Infinity;
    this.points = this.points.concat(points.filter((point) => point.seconds > newest)).slice(-LENGTH);
  }

  // Times, medians and 95th percentiles of a quantity; times are Unix seconds, from those since `started`.
  columns(quantity, started) {
    const [times, medians, worst] = [[], [], []];
    let before = Infinity;
    for (const point of this.points) {
      if (point.seconds - before > GAP_SECONDS) {
        times.push(started + before + 1);
        medians.push(null);
        worst.push(null);
      }
      before = point.seconds;
      times.push(started + point.seconds);
      medians.push(point[quantity]?.p50 ?? null);
      worst.push(point[quantity]?.p95 ?? null);
    }
    return [times, medians, worst];
  }
}

export class Chart {
  // `words` is an element for what is asked for.
  constructor(container, words, quantity, unit) {
    this.container = container;
    this.words = words;
    this.quantity = quantity;
    this.unit = unit;
    this.limit = null;
    this.columns = [[], [], []];
    this.draw();
    new ResizeObserver(() => this.plot.setSize(this.size())).observe(container);
    onThemeChange(() => this.draw());
  }

  // `limit` is the most that the window's 95th percentile may be; null where nothing is asked for.
  show(history, started, limit) {
    this.limit = limit;
    this.columns = history.columns(this.quantity, started);
    this.plot.setData(this.columns);
    const newest = history.points.at(-1)?.[this.quantity];
    const words = newest ? `${newest.p50} ${this.unit} median, ${newest.p95} ${this.unit} 95th percentile` : "no samples";
    const asked = limit === null ? "" : `asked: p95 at most ${number(limit)} ${this.unit}`;
    setText(this.words, asked);
    this.container.setAttribute("aria-label", [`last second: ${words}`, asked].filter(Boolean).join("; "));
  }

  // Anew with the colours of now: uPlot keeps those it was made with.
  draw() {
    this.plot?.destroy();
    const [text, line] = [colour("--quiet"), colour("--line")];
    const axis = { stroke: text, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
    const series = (label, name) => ({
      label,
      stroke: colour(name),
      width: 2,
      points: { show: false },
      value: (_, value) => (value === null ? "–" : `${value} ${this.unit}`),
    });
    const options = {
      ...this.size(),
      // One cursor for both charts.
      cursor: { drag: { x: false, y: false }, sync: { key: "seconds" } },
      scales: { y: { range: (_, least, most) => [0, top(most, this.limit)] } },
      hooks: { draw: [(plot) => drawLimit(plot, this.limit, this.unit)] },
      axes: [{ ...axis, space: 70 }, { ...axis, size: 60 }],
      series: [{ label: "time" }, series("p50", "--median"), series("p95", "--worst")],
    };
    this.plot = new uPlot(options, this.columns, this.container);
  }

  size() {
    const style = getComputedStyle(this.container);
    const padding = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
    return { width: Math.max(100, this.container.clientWidth - padding), height: 200 };
  }
}
