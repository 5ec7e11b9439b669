// From which node to which media works: the clients of all sessions by the nodes of their servers and their own. Nothing in
// here knows of the page.

/** Nodes along each edge of the map: more would be a carpet. */
export const MAX_NODES = 24;

const OUTCOMES = ["Missed", "Unknown", "Met"];
const byName = new Intl.Collator("en", { numeric: true }).compare;

/**
 * The map of some rows: the `servers` and `clients` nodes that it has, by name, how many of each are left out, and
 * `cell(server, client)`, which is nothing where no client is. `withoutNode` counts clients that have no place in it,
 * `withoutRow` those that have no row.
 */
export function nodeMap(rows) {
  const cells = new Map();
  let [withoutNode, withoutRow] = [0, 0];
  for (const row of rows) {
    withoutRow += Math.max(0, row.wantedClients - row.clients.length);
    for (const client of row.clients) {
      if (row.node && client.node) place(cells, row.node, client.node, link(row, client));
      else withoutNode += 1;
    }
  }
  for (const cell of cells.values()) cell.links.sort(worseFirst);
  const [servers, clients] = [bounded(cells, "server"), bounded(cells, "client")];
  return {
    servers: servers.shown,
    clients: clients.shown,
    omittedServers: servers.omitted,
    omittedClients: clients.omitted,
    cell: (server, client) => cells.get(keyOf(server, client)),
    withoutNode,
    withoutRow,
  };
}

function link(row, { id, outcome, state, lossPercent, latencyMillisecondsP95 }) {
  const [loss, latency] = [lossPercent, latencyMillisecondsP95].map((text) => Number.parseFloat(text ?? ""));
  // One that an operator of another version has a word of its own for is not known to be good.
  return { session: row.key, id, outcome: OUTCOMES.includes(outcome) ? outcome : "Unknown", state: state ?? "", loss, latency };
}

function place(cells, server, client, link) {
  const key = keyOf(server, client);
  const cell = cells.get(key) ?? { server, client, links: [], outcome: "Met" };
  cell.links.push(link);
  if (rank(link) < rank(cell)) cell.outcome = link.outcome;
  cells.set(key, cell);
}

/** The nodes of one edge: where there are too many, those with the worst cells. */
function bounded(cells, edge) {
  const nodes = new Map();
  for (const cell of cells.values()) {
    const known = nodes.get(cell[edge]) ?? OUTCOMES.map(() => 0);
    known[rank(cell)] += 1;
    nodes.set(cell[edge], known);
  }
  const worse = ([one, a], [other, b]) => b[0] - a[0] || b[1] - a[1] || byName(one, other);
  const names = [...nodes].sort(worse).map(([name]) => name);
  return { shown: names.slice(0, MAX_NODES).sort(byName), omitted: Math.max(0, names.length - MAX_NODES) };
}

function worseFirst(one, other) {
  return rank(one) - rank(other) || order(other.loss) - order(one.loss) || order(other.latency) - order(one.latency) || byName(one.id, other.id);
}

/** The highest of the known numbers; nothing where none is known. */
export function highest(links, quantity) {
  const known = links.map((link) => link[quantity]).filter(Number.isFinite);
  return known.length ? Math.max(...known) : undefined;
}

function order(number) {
  return Number.isFinite(number) ? number : -1;
}

function rank({ outcome }) {
  return OUTCOMES.indexOf(outcome);
}

// No node's name has a space.
function keyOf(server, client) {
  return `${server} ${client}`;
}
