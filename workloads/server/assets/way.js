// The way that a client's media takes, and how large a packet may be on it. Nothing in here knows of the page.

import { number } from "./format.js";

// From the client's end to the one at which it reaches the server, as the client says, or else as the server sees it.
export function wayOf({ path, serverPath }) {
  if (path) return { from: end(path.local), to: end(path.remote) };
  if (serverPath) return { from: end(serverPath.remote), to: end(serverPath.local) };
  return null;
}

// What kind of address it is to ICE, and the address.
function end({ candidateType, address, port }) {
  return `${candidateType} ${address.includes(":") ? `[${address}]` : address}:${port}`;
}

// Once where it is the same in both directions.
export function mtuWords(pathMtu) {
  if (!pathMtu) return "";
  const { toClient, toServer } = pathMtu;
  return `MTU ${toClient === toServer ? toClient : `${number(toClient)} to it, ${number(toServer)} back`}`;
}
