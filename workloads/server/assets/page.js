// Puts the page together: what the server sends goes to each of its parts.

import { Chart, History } from "./charts.js";
import { Clients } from "./clients.js";
import { setText } from "./format.js";
import { listen } from "./live.js";
import { Facts, networkFacts, processorFacts, runFacts, standing, windowFacts } from "./numbers.js";
import { judge, objectivesOf } from "./objectives.js";
import { Path } from "./path.js";
import { errorTable } from "./table.js";
import { Verdict } from "./verdict.js";
import { Video } from "./video.js";

const element = (id) => document.getElementById(id);

const verdict = new Verdict({
  card: element("verdict"),
  sign: element("verdict-sign"),
  outcome: element("verdict-outcome"),
  reason: element("verdict-reason"),
  message: element("verdict-message"),
  client: element("verdict-client"),
  node: element("verdict-node"),
  cause: element("verdict-cause"),
  absent: element("no-objectives"),
});
const history = new History();
const charts = ["error", "latency"].map((name) => [element(`${name}-chart`), element(`${name}-limit`)]);
const [errorChart, latencyChart] = [
  new Chart(...charts[0], "errorPixels", "px"),
  new Chart(...charts[1], "latencyMilliseconds", "ms"),
];
const facts = ["window", "totals", "network", "processor"].map((name) => new Facts(element(name)));
const [windowList, runList, networkList, processorList] = facts;
const path = new Path(element("path"), element("path-legend"));
const clients = new Clients({
  table: element("clients"),
  none: element("no-clients"),
  omitted: element("rows-omitted"),
  showAll: element("show-all"),
});
const errors = errorTable(element("errors"));
const video = new Video({
  video: element("video"),
  pictures: element("pictures"),
  toggle: element("video-toggle"),
  counted: element("video-count"),
  state: element("video-state"),
  facts: element("video-facts"),
});

listen({
  past({ points }) {
    history.reset(points);
  },
  update(update) {
    const { summary, points, trails } = update;
    const { width, height } = summary.video;
    const objectives = objectivesOf(update);
    const judged = judge(summary, objectives);
    document.documentElement.style.setProperty("--shape", `${width} / ${height}`);
    setText(element("standing"), standing(update));
    verdict.show(summary.verdict);
    setText(element("window-title"), `All clients, last ${summary.recent.windowSeconds} s`);
    windowList.show(windowFacts(update, objectives, judged));
    history.add(points);
    showCharts(Date.parse(summary.startedAt) / 1000, objectives);
    path.show(trails, summary.video);
    clients.show(update, objectives, judged);
    runList.show(runFacts(update));
    showGroup(networkList, "network-part", networkFacts(update));
    showGroup(processorList, "processor-part", processorFacts(update));
    errors.show(summary.errors);
    element("no-errors").hidden = summary.errors.length > 0;
  },
  standing(words) {
    setText(element("connection"), words);
    verdict.setStale(words !== "");
    video.reach(words === "");
  },
});

function showCharts(started, objectives) {
  const limit = (key) => objectives.find((objective) => objective.key === key)?.allowed ?? null;
  errorChart.show(history, started, limit("errorPixelsP95"));
  latencyChart.show(history, started, limit("latencyMillisecondsP95"));
}

// A group of numbers that not every server has.
function showGroup(list, part, numbers) {
  element(part).hidden = numbers.length === 0;
  list.show(numbers);
}

video.start();
