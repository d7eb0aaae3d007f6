// Beside a phone: its dialog with the current state lit, its points as they move, and the wire.

import { get } from "./api.js";
import { Diagram } from "./diagram.js";
import { clock, el } from "./dom.js";
import { tinted } from "./tint.js";

const KEPT = 40;
const graphs = new Map();

export class Inspector {
  constructor(station) {
    this.station = station;
    this.seen = new Map();
    this.diagram = new Diagram();
    this.trail = [];
    this.steps = el("span", { class: "steps" });
    this.where = el("span");
    this.ledger = el("ol", { class: "ledger", "aria-label": `${station.title}: points` });
    this.wire = el("ol", { class: "wire", "aria-label": `${station.title}: requests` });
    this.node = el("aside", { class: `inspector ${station.surface}`, "aria-label": `Inside the ${station.title} phone` },
      section("Dialog", el("p", { class: "where" }, this.steps, " ", this.where), this.diagram.node),
      section("Ledger", this.ledger),
      section("Wire", this.wire));
    this.strip = this.#strip();
    this.clear();
  }

  clear() {
    this.seen.clear();
    this.ledger.replaceChildren(el("li", { class: "none" }, "No points have moved yet."));
    this.wire.replaceChildren(el("li", { class: "none" }, "Nothing was sent yet."));
    this.lastEntry.textContent = "no points moved";
    this.lastWire.textContent = "nothing sent";
    this.standing(null);
  }

  async standing(standing) {
    this.current = standing;
    this.#walked(standing?.dialog);
    this.where.replaceChildren(...(standing ? place(standing) : ["No conversation yet."]));
    this.lastState.replaceChildren(...(standing ? place(standing) : ["no conversation"]));
    if (!standing?.dialog) return this.diagram.clear();
    const graph = await graphOf(standing.dialog);
    if (this.current === standing) this.diagram.show(graph, standing.state);
  }

  // The dialogs on the way here, the oldest first.
  #walked(dialog) {
    if (!dialog) this.trail = [];
    else if (this.trail.at(-1) !== dialog) this.trail = [...this.trail, dialog].slice(-5);
    this.steps.textContent = this.trail.slice(0, -1).map((name) => `${name} →`).join(" ");
  }

  // A hold comes again when it is open no more: what it became takes the place of what it was.
  entry(entry) {
    const before = this.seen.get(entry.id);
    if (before && before.state === entry.state) return;
    const fresh = before || Date.now() - new Date(entry.at) < 15_000;
    const node = entryCard(entry);
    node.classList.toggle("fresh", Boolean(fresh));
    this.seen.set(entry.id, { state: entry.state, node });
    if (before?.node.isConnected) before.node.replaceWith(node);
    else prepend(this.ledger, node);
    if (entry.state === "posted") return;
    this.lastEntry.replaceChildren(el("b", { class: sign(entry) }, amount(entry)), ` ${name(entry)} · ${points(entry.balance)}`);
    if (fresh) flash(this.lastEntry.parentNode);
  }

  exchange(exchange) {
    if (!quiet(exchange)) this.wire.querySelectorAll("details[open]").forEach((card) => { card.open = false; });
    prepend(this.wire, el("li", {}, exchangeCard(exchange)));
    if (quiet(exchange)) return;
    this.lastWire.replaceChildren(status(exchange), ` ${exchange.what} · ${exchange.took_ms ? `${exchange.took_ms} ms` : "carrier"}`);
  }

  #strip() {
    this.lastState = el("span", { class: "value" });
    this.lastEntry = el("span", { class: "value" });
    this.lastWire = el("span", { class: "value" });
    return el("button", { type: "button", class: "strip", "aria-label": `Look inside the ${this.station.title} phone` },
      el("span", {}, el("em", {}, "dialog"), this.lastState),
      el("span", {}, el("em", {}, "ledger"), this.lastEntry),
      el("span", {}, el("em", {}, "wire"), this.lastWire));
  }
}

function section(title, ...inside) {
  return el("section", { class: `panel ${title.toLowerCase()}-panel` }, el("h3", {}, title), ...inside);
}

function place({ dialog, state, language, secret }) {
  if (!dialog) return ["Session closed."];
  return [el("b", {}, dialog), " › ", el("b", { class: "lit" }, state), secret ? " · secret" : "", language ? ` · ${language}` : ""];
}

async function graphOf(dialog) {
  if (!graphs.has(dialog)) graphs.set(dialog, get("diagram", { dialog }).catch(() => null));
  return graphs.get(dialog);
}

function prepend(list, node) {
  list.querySelector(".none")?.remove();
  list.prepend(node);
  while (list.children.length > KEPT) list.lastChild.remove();
}

function flash(node) {
  node.classList.remove("flash");
  void node.offsetWidth;
  node.classList.add("flash");
}

const FATES = {
  open: { sign: "held", mark: "−", says: "until staff say yes" },
  posted: { sign: "done", mark: "", says: "posted by the entry above" },
  voided: { sign: "plus", mark: "released +", says: "voided" },
  expired: { sign: "plus", mark: "released +", says: "expired" },
};
const sign = (entry) => FATES[entry.state]?.sign ?? (entry.credit === "member" ? "plus" : "minus");
const points = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, " ");
const amount = (entry) => `${FATES[entry.state]?.mark ?? (entry.credit === "member" ? "+" : "−")}${points(entry.amount)}`;
const name = (entry) => ["voided", "expired"].includes(entry.state) ? `hold ${entry.state}` : entry.code;

function entryCard(entry) {
  const fate = FATES[entry.state];
  const way = fate ? `${entry.debit} → ${entry.credit}, ${fate.says}` : `${entry.debit} → ${entry.credit}`;
  // What a hold that is open no more left is told by the entries after it.
  const over = fate && entry.state !== "open";
  return el("li", { class: `entry ${sign(entry)}` },
    el("div", { class: "legs" }, el("b", {}, entry.code), entry.detail && ` ${entry.detail}`,
      el("small", {}, way, entry.ref && ` · Ref ${entry.ref}`, ` · ${clock(entry.at)}`)),
    el("div", { class: "amount" }, el("b", {}, amount(entry)), !over && el("small", {}, points(entry.balance))));
}

// What only says how far something got stays folded.
const quiet = (exchange) => /^(Status|Mark|Session)/.test(exchange.what);

function status(exchange) {
  const kind = exchange.status === 0 ? "bad" : exchange.status < 300 ? "good" : exchange.status < 500 ? "odd" : "bad";
  return el("span", { class: `code ${kind}` }, exchange.status || "—");
}

function exchangeCard(exchange) {
  const path = exchange.url.replace(/^https?:\/\/[^/]+/, "");
  const inbound = exchange.to === "gateway";
  return el("details", { class: `exchange ${inbound ? "in" : "out"}${quiet(exchange) ? " quiet" : ""}`, open: !quiet(exchange) },
    el("summary", {},
      el("span", { class: "way", title: inbound ? "carrier to gateway" : "gateway to carrier" }, inbound ? "→" : "←"),
      el("span", { class: "what" }, exchange.what, el("small", {}, `${exchange.method} ${path}`)),
      el("span", { class: "took" }, exchange.took_ms ? `${exchange.took_ms} ms` : ""),
      status(exchange)),
    block(inbound ? "Carrier asks" : "Gateway asks", `${exchange.method} ${exchange.url}`, exchange.headers, exchange.body),
    block(inbound ? "Gateway answers" : "Carrier answers", exchange.status ? String(exchange.status) : "no answer", exchange.answer_headers, exchange.answer));
}

function block(title, first, headers, body) {
  return el("div", { class: "block" }, el("h4", {}, title),
    el("pre", { tabindex: 0, class: /^\w+ *= /.test(body) ? "form" : "" }, el("span", { class: "first" }, first), "\n",
      ...headers.flatMap(([name, value]) => [el("span", { class: "name" }, name), `: ${value}\n`]),
      body && "\n", ...tinted(body)));
}
