// Charts of the last minutes: the median and the 95th percentile of each second.

import { colour, onThemeChange } from "./format.js";

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
  constructor(container, quantity, unit) {
    this.container = container;
    this.quantity = quantity;
    this.unit = unit;
    this.columns = [[], [], []];
    this.draw();
    new ResizeObserver(() => this.plot.setSize(this.size())).observe(container);
    onThemeChange(() => this.draw());
  }

  show(history, started) {
    this.columns = history.columns(this.quantity, started);
    this.plot.setData(this.columns);
    const newest = history.points.at(-1)?.[this.quantity];
    const words = newest ? `${newest.p50} ${this.unit} median, ${newest.p95} ${this.unit} 95th percentile` : "no samples";
    this.container.setAttribute("aria-label", `last second: ${words}`);
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
      scales: { y: { range: (_, least, most) => [0, Math.max(most * 1.1, 1e-3)] } },
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
