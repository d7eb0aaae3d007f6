// Speaks with the simulator's server.

const BASE = "/simulator/api";

export class Refused extends Error {}

export async function get(path, query = {}) {
  return answer(await fetch(`${BASE}/${path}?${new URLSearchParams(query)}`));
}

export async function post(path, body) {
  return answer(await fetch(`${BASE}/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  }));
}

async function answer(response) {
  const document = await response.json().catch(() => ({ error: "The server did not answer." }));
  if (!response.ok) throw new Refused(document.error ?? `The server said ${response.status}.`);
  return document;
}

// One stream for the page; `watched` are the [channel, phone] pairs whose inside is wanted.
export function listen(watched, { heard, connected }) {
  const query = new URLSearchParams(watched.map((pair) => ["watch", pair.join(":")]));
  let source, again;
  const open = () => {
    source = new EventSource(`${BASE}/events?${query}`);
    source.onmessage = (message) => {
      const event = JSON.parse(message.data);
      if (event.type === "hello") connected(true);
      else heard(event);
    };
    // The browser comes back by itself after a broken line, but not after an answer like 503.
    source.onerror = () => {
      connected(false);
      if (source.readyState === EventSource.CLOSED) again = setTimeout(open, 2000);
    };
  };
  open();
  return () => {
    clearTimeout(again);
    source.close();
  };
}
