// The server's events. The browser reconnects by itself after a broken connection, but not after a refusal.

const RETRY_MILLISECONDS = 5000;

// Calls `past` at each new connection, `update` every second, and `standing` with words where it does not work.
export function listen({ past, update, standing }) {
  const source = new EventSource("/events");
  source.addEventListener("past", (event) => {
    standing("");
    past(JSON.parse(event.data));
  });
  source.addEventListener("update", (event) => update(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    if (source.readyState !== EventSource.CLOSED) {
      standing("The server does not answer. These are its last numbers; trying again.");
      return;
    }
    standing("The server has no room for this page: too many are open. Trying again.");
    setTimeout(() => listen({ past, update, standing }), RETRY_MILLISECONDS);
  });
}
