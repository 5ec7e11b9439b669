// The path of the ball: a line where it was, dots where clients saw it.

import { colour, onThemeChange, setText } from "./format.js";

// Positions further apart in time than this are not joined: what was between is not known.
const GAP_SECONDS = 0.25;

export class Path {
  constructor(canvas, legend) {
    this.canvas = canvas;
    this.legend = legend;
    this.trails = [];
    this.video = { width: 640, height: 480 };
    new ResizeObserver(() => this.draw()).observe(canvas);
    onThemeChange(() => this.draw());
  }

  show(trails, video) {
    this.trails = trails;
    this.video = video;
    this.draw();
    this.explain();
  }

  draw() {
    const { canvas, video } = this;
    const density = window.devicePixelRatio || 1;
    canvas.width = Math.round(canvas.clientWidth * density);
    canvas.height = Math.round(canvas.clientHeight * density);
    const context = canvas.getContext("2d");
    const scale = canvas.width / video.width;
    // Pixel centres are at whole coordinates.
    context.setTransform(scale, 0, 0, scale, scale / 2, scale / 2);
    const unit = video.width / 640;
    // The true path is the same for all: the longest known one.
    const longest = this.trails.reduce((best, trail) => (trail.samples.length > best.length ? trail.samples : best), []);
    line(context, longest, colour("--truth"), 5 * unit);
    this.trails.forEach((trail, index) => {
      dots(context, trail.samples, colour(`--client-${index}`), (2.6 - 0.4 * index) * unit);
    });
  }

  explain() {
    const entries = this.trails.map((trail, index) => [`--client-${index}`, `${trail.client} reported`]);
    if (entries.length > 0) entries.unshift(["--truth", "true"]);
    while (this.legend.children.length > entries.length) this.legend.lastChild.remove();
    entries.forEach(([name, text], index) => {
      const key = this.legend.children[index] ?? this.legend.appendChild(document.createElement("span"));
      key.className = "key";
      key.style.setProperty("--key", `var(${name})`);
      setText(key, text);
    });
    if (entries.length === 0) setText(this.legend, "no frame was matched");
  }
}

function line(context, samples, stroke, width) {
  context.beginPath();
  let before = -Infinity;
  for (const [seconds, x, y] of samples) {
    if (seconds - before > GAP_SECONDS) context.moveTo(x, y);
    else context.lineTo(x, y);
    before = seconds;
  }
  context.lineWidth = width;
  context.lineJoin = "round";
  context.lineCap = "round";
  context.strokeStyle = stroke;
  context.stroke();
}

function dots(context, samples, fill, radius) {
  context.beginPath();
  for (const [, , , x, y] of samples) {
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 2 * Math.PI);
  }
  context.fillStyle = fill;
  context.fill();
}
