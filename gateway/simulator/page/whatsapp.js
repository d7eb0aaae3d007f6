// A smartphone with a WhatsApp-like chat: bubbles, ticks, reply buttons, list sheet, pictures.

import { Thread } from "./thread.js";
import { clock, el, icon, svg } from "./dom.js";

const TICKS = { sending: "◷", sent: "1", delivered: "2", read: "2", failed: "!" };

export class WhatsAppPhone extends Thread {
  constructor(station) {
    super(station, { placeholder: "Message", className: "smart wa", starters: ["hi", "join", "rewards"] });
  }

  head() {
    this.title = el("b");
    this.presence = el("small", {}, "online");
    this.avatar = el("span", { class: "avatar", "aria-hidden": "true" });
    return el("div", { class: "app-head" }, icon("back"), this.avatar, el("div", {}, this.title, this.presence), icon("more"));
  }

  named(channel) {
    const name = channel?.owner || channel?.shown || "";
    this.title.textContent = name;
    this.avatar.textContent = name.slice(0, 1);
  }

  typing() {
    this.presence.textContent = "typing…";
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => { this.presence.textContent = "online"; }, 10_000);
  }

  arrived() {
    clearTimeout(this.quiet);
    this.presence.textContent = "online";
  }

  build(bubble) {
    const meta = el("span", { class: "meta" }, clock(bubble.at));
    const body = el("div", { class: "body" },
      bubble.header && el("b", { class: "header" }, bubble.header),
      bubble.image && el("img", { src: `/simulator/api/media/${bubble.image}`, alt: "Picture of a code", class: "picture" }),
      el("span", { class: "words" }, ...styled(bubble.text)),
      bubble.footer && el("small", { class: "footer" }, bubble.footer),
      meta);
    if (bubble.mine) meta.append(ticks(bubble.state));
    const node = el("div", { class: `bubble ${bubble.mine ? "mine" : "theirs"}` }, body);
    for (const pick of bubble.buttons) {
      node.append(el("button", { type: "button", class: "reply", onclick: () => this.tap(bubble, pick) },
        icon("reply", { filled: true, size: 14 }), pick.title));
    }
    if (bubble.rows.length) {
      node.append(el("button", { type: "button", class: "reply", onclick: () => this.#sheet(bubble) },
        icon("list", { size: 16 }), bubble.opener));
    }
    return node;
  }

  marked(node, state) {
    node.querySelector(".ticks")?.replaceWith(ticks(state));
  }

  #sheet(bubble) {
    const close = () => { veil.remove(); this.field.focus({ preventScroll: true }); };
    const choose = (pick) => { close(); this.tap(bubble, pick); };
    const rows = bubble.rows.map((pick) => el("button", { type: "button", class: "row", role: "option", onclick: () => choose(pick) },
      el("span", {}, el("b", {}, pick.title), pick.detail && el("small", {}, pick.detail)), el("i", { class: "radio" })));
    const veil = el("div", { class: "veil", onclick: (event) => event.target === veil && close(), onkeydown: (event) => event.key === "Escape" && close() },
      el("div", { class: "sheet", role: "listbox", "aria-label": bubble.opener },
        el("div", { class: "sheet-head" }, el("button", { type: "button", "aria-label": "Close", onclick: close }, icon("close", { size: 18 })), el("b", {}, bubble.opener)),
        ...rows));
    this.display.append(veil);
    rows[0].focus({ preventScroll: true });
  }
}

function ticks(state) {
  const marks = { 1: ["m3 9 3.4 3.4L14 5"], 2: ["m1 9 3.4 3.4L12 5", "m8 11.6 1 .8L16.5 5"] }[TICKS[state]];
  const label = { sending: "sending", sent: "sent", delivered: "delivered", read: "read", failed: "not delivered" }[state];
  const node = el("span", { class: `ticks ${state}`, title: label, role: "img", "aria-label": label });
  if (!marks) return fillText(node, TICKS[state]);
  node.append(svg("svg", { viewBox: "0 0 18 16", width: 16, height: 14, fill: "none", stroke: "currentColor", "stroke-width": 1.7, "stroke-linecap": "round", "stroke-linejoin": "round" },
    ...marks.map((d) => svg("path", { d }))));
  return node;
}

function fillText(node, text) {
  node.textContent = text;
  return node;
}

// WhatsApp's own marks, *bold* and _italic_, which stand between words: *123*1# is not one.
const MARKED = /((?<![\w*])\*\S(?:[^*\n]*\S)?\*(?![\w*])|(?<!\w)_\S(?:[^_\n]*\S)?_(?!\w))/;

function styled(text) {
  return text.split(MARKED).map((part, place) =>
    place % 2 ? el(part[0] === "*" ? "b" : "i", {}, part.slice(1, -1)) : part);
}
