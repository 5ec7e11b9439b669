// Puts the page together: what the server sends goes to each of its parts.

import { Chart, History } from "./charts.js";
import { setText } from "./format.js";
import { listen } from "./live.js";
import { Facts, standing, totals } from "./numbers.js";
import { Path } from "./path.js";
import { clientTable, errorTable } from "./table.js";
import { Video } from "./video.js";

// How often all rows are fetched where events have the worst ones only.
const ALL_ROWS_MILLISECONDS = 5000;

const element = (id) => document.getElementById(id);

const history = new History();
const charts = [
  new Chart(element("error-chart"), "errorPixels", "px"),
  new Chart(element("latency-chart"), "latencyMilliseconds", "ms"),
];
const facts = new Facts(element("totals"));
const path = new Path(element("path"), element("path-legend"));
const [clients, errors] = [clientTable(element("clients")), errorTable(element("errors"))];
const video = new Video({
  video: element("video"),
  pictures: element("pictures"),
  toggle: element("video-toggle"),
  counted: element("video-count"),
  state: element("video-state"),
  facts: element("video-facts"),
});

const showAll = element("show-all");
let allRows = null;

listen({
  past({ points }) {
    history.reset(points);
    video.reach(true);
  },
  update(update) {
    const { summary, points, trails, rows } = update;
    const { width, height } = summary.video;
    document.documentElement.style.setProperty("--shape", `${width} / ${height}`);
    setText(element("standing"), standing(update));
    facts.show(totals(update));
    history.add(points);
    const started = Date.parse(summary.startedAt) / 1000;
    charts.forEach((chart) => chart.show(history, started));
    path.show(trails, summary.video);
    showClients(summary.clients, rows);
    errors.show(summary.errors);
    element("no-errors").hidden = summary.errors.length > 0;
  },
  standing(words) {
    setText(element("connection"), words);
    if (words !== "") video.reach(false);
  },
});

function showClients(listed, rows) {
  const isCut = rows > listed.length;
  if (!isCut) stopShowingAll();
  if (allRows === null) clients.show(listed);
  element("no-clients").hidden = rows > 0;
  showAll.hidden = !isCut;
  const wanted = allRows === null ? `Show all ${rows} clients` : `Show the worst ${listed.length} only`;
  setText(showAll, wanted);
}

showAll.addEventListener("click", () => {
  if (allRows !== null) return stopShowingAll();
  showAll.setAttribute("aria-pressed", "true");
  const fetchAll = async () => {
    try {
      const status = await (await fetch("/status")).json();
      if (allRows !== null) clients.show(status.clients);
    } catch {
      // That the server does not answer is shown already.
    }
  };
  allRows = setInterval(fetchAll, ALL_ROWS_MILLISECONDS);
  fetchAll();
});

function stopShowingAll() {
  clearInterval(allRows);
  allRows = null;
  showAll.setAttribute("aria-pressed", "false");
}

video.start();
