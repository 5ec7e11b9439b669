// The line in a chart that the 95th percentile should stay below.

import { colour, number } from "./format.js";

// How many times higher than everything else a limit may be to be in the chart at its place: numbers that are far below
// it would all look like none.
const MOST_ABOVE = 4;
const DASHES = [6, 4];
const FONT_PIXELS = 12;

// The upper end of a chart whose highest number is `most`.
export function top(most, limit) {
  if (limit === null) return Math.max(most * 1.1, 1e-3);
  // What is shown of a limit that is higher has its place above everything else.
  if (limit > most * MOST_ABOVE) return Math.max(most * 1.4, 1e-3);
  return Math.max(most * 1.15, limit * 1.15, 1e-3);
}

// Draws the limit over a plot of uPlot's, at its upper edge with an arrow where its place is above, and tints what is
// beyond it.
export function drawLimit(plot, limit, unit) {
  if (limit === null) return;
  const { ctx: context, bbox: box } = plot;
  const scale = devicePixelRatio;
  const isAbove = limit > plot.scales.y.max;
  const y = isAbove ? box.top + scale : Math.round(plot.valToPos(limit, "y", true));
  const stroke = colour("--bad");
  context.save();
  if (!isAbove) {
    context.globalAlpha = 0.08;
    context.fillStyle = stroke;
    context.fillRect(box.left, box.top, box.width, Math.max(0, y - box.top));
    context.globalAlpha = 1;
  }
  context.strokeStyle = stroke;
  context.lineWidth = 2 * scale;
  context.setLineDash(DASHES.map((length) => length * scale));
  context.beginPath();
  context.moveTo(box.left, y);
  context.lineTo(box.left + box.width, y);
  context.stroke();
  context.font = `${FONT_PIXELS * scale}px system-ui, sans-serif`;
  context.fillStyle = stroke;
  context.textAlign = "left";
  // Below the line where there is no room above it.
  const hasRoom = y - box.top > FONT_PIXELS * 1.5 * scale;
  context.textBaseline = hasRoom ? "bottom" : "top";
  const label = `p95 ≤ ${number(limit)} ${unit}${isAbove ? ", above what is shown ↑" : ""}`;
  const [x, baseline] = [box.left + 6 * scale, y + (hasRoom ? -3 : 4) * scale];
  // Readable over the series too.
  context.setLineDash([]);
  context.lineWidth = 4 * scale;
  context.strokeStyle = colour("--card");
  context.strokeText(label, x, baseline);
  context.fillText(label, x, baseline);
  context.restore();
}
