// What chat and SMS phones share: a thread of bubbles over a field to write in.

import { post } from "./api.js";
import { clock, el, follow, icon } from "./dom.js";

export class Thread {
  constructor(station, { placeholder, className, starters }) {
    Object.assign(this, { station, starters });
    this.nodes = new Map();
    this.messages = el("div", { class: "messages", role: "log", "aria-live": "polite", "aria-label": `${station.title} messages` });
    this.field = el("input", {
      placeholder, "aria-label": `Write on the ${station.title} phone`, autocomplete: "off", maxlength: 4096,
      oninput: () => this.wrote(), enterkeyhint: "send",
    });
    this.composer = el("form", { class: "composer", onsubmit: (event) => this.#submit(event) },
      this.field, el("button", { type: "submit", "aria-label": "Send", class: "go" }, icon("send", { filled: true, size: 18 })));
    this.time = el("span", {}, clock());
    setInterval(() => { this.time.textContent = clock(); }, 10_000);
    this.display = el("div", { class: "display" },
      el("div", { class: "status-bar", "aria-hidden": "true" }, this.time, el("i", { class: "hole" }), el("i", { class: "cells" })),
      this.head(), this.messages, this.composer);
    this.node = el("div", { class: `phone ${className}` }, this.display);
  }

  show({ bubbles }) {
    this.nodes.clear();
    this.messages.replaceChildren();
    this.named(this.station.channel);
    if (bubbles.length === 0) this.messages.append(this.#starters());
    bubbles.forEach((bubble) => this.bubble(bubble, { old: true }));
    this.messages.scrollTop = this.messages.scrollHeight;
    this.#secret(bubbles.at(-1));
    this.#read();
  }

  bubble(bubble, { old = false } = {}) {
    if (this.nodes.has(bubble.id)) return this.mark(bubble.id, bubble.state);
    this.messages.querySelector(".starters")?.remove();
    const node = this.build(bubble);
    node.dataset.state = bubble.state;
    node.classList.toggle("old", old);
    this.nodes.set(bubble.id, node);
    follow(this.messages, () => this.messages.append(node));
    this.#secret(bubble);
    if (!bubble.mine) this.arrived?.();
  }

  mark(id, state) {
    const node = this.nodes.get(id);
    if (!node) return;
    node.dataset.state = state;
    this.marked?.(node, state);
    if (state === "delivered" && node.classList.contains("theirs")) this.#read();
  }

  wrote() {}

  tap(bubble, pick) {
    this.#send({ about: bubble.id, choice: pick.id });
  }

  // An empty thread offers words to begin with.
  #starters() {
    return el("div", { class: "starters" }, el("p", {}, "Nothing said yet. Begin with"),
      this.starters.map((text) => el("button", { type: "button", onclick: () => this.#send({ text }) }, text)));
  }

  #submit(event) {
    event.preventDefault();
    const text = this.field.value.trim();
    if (!text) return;
    this.field.value = "";
    this.wrote();
    this.#send({ text });
  }

  #send(what) {
    const { number, channel } = this.station;
    post("chat", { phone: number, channel: channel.id, ...what }).catch((error) => this.#trouble(error.message));
  }

  #trouble(text) {
    follow(this.messages, () => this.messages.append(el("p", { class: "trouble", role: "alert" }, text)));
  }

  // A question for a PIN: what is typed next shows as dots.
  #secret(bubble) {
    if (bubble) this.field.classList.toggle("secret", !bubble.mine && bubble.secret);
  }

  // The thread is on the screen: what arrived has been read, and the carrier says so.
  #read() {
    clearTimeout(this.reading);
    this.reading = setTimeout(() => {
      if (document.hidden) return;
      post("chat/read", { phone: this.station.number, channel: this.station.channel.id }).catch(() => {});
    }, 500);
  }
}
