// The server's events. The browser reconnects by itself after a broken connection, but not after a refusal, and does
// not notice a server that is there and says nothing.

const RETRY_MILLISECONDS = 5000;
// Events come every second: without one for so long, what is shown may no longer be so.
const SILENCE_MILLISECONDS = 5000;

// Calls `past` at each new connection, `update` every second, and `standing` with words where it does not work, without
// where it does again.
export function listen({ past, update, standing }) {
  const source = new EventSource("events");
  let silence;
  const receive = (name, take) => {
    source.addEventListener(name, (event) => {
      clearTimeout(silence);
      silence = setTimeout(() => {
        standing(`Nothing has come from the server for ${SILENCE_MILLISECONDS / 1000} s. These are its last numbers.`);
      }, SILENCE_MILLISECONDS);
      standing("");
      take(JSON.parse(event.data));
    });
  };
  receive("past", past);
  receive("update", update);
  source.addEventListener("error", () => {
    clearTimeout(silence);
    if (source.readyState !== EventSource.CLOSED) {
      standing("The server does not answer. These are its last numbers; trying again.");
      return;
    }
    standing("The server has no room for this page: too many are open. Trying again.");
    setTimeout(() => listen({ past, update, standing }), RETRY_MILLISECONDS);
  });
}
