// A smartphone with text messages: grey bubbles, and what each message costs in segments.

import { clock, el, icon } from "./dom.js";
import { measure } from "./segments.js";
import { Thread } from "./thread.js";

const STATES = { sending: "Sending…", sent: "Sent", delivered: "Sent", read: "Sent", failed: "Not sent" };

export class SmsPhone extends Thread {
  constructor(station) {
    super(station, { placeholder: "Text message", className: "smart text", starters: ["JOIN", "BAL", "REWARDS", "HELP"] });
    this.counter = el("output", { class: "counter", "aria-label": "Characters and messages" });
    this.composer.before(this.counter);
    this.wrote();
  }

  head() {
    this.title = el("b");
    this.address = el("small");
    return el("div", { class: "app-head" }, icon("back"), el("span", { class: "avatar", "aria-hidden": "true" }),
      el("div", {}, this.title, this.address), icon("more"));
  }

  named(channel) {
    this.title.textContent = channel?.shown ?? "";
    this.address.textContent = channel?.owner ?? "";
  }

  wrote() {
    const { length, messages, room, alphabet } = measure(this.field.value);
    this.counter.textContent = `${length} / ${room} · ${messages} SMS · ${alphabet}`;
    this.counter.classList.toggle("long", messages > 1);
  }

  build(bubble) {
    const size = measure(bubble.text);
    const cost = `${size.messages} SMS · ${size.length} ${size.alphabet}`;
    return el("div", { class: `bubble ${bubble.mine ? "mine" : "theirs"}` },
      el("div", { class: "body" }, el("span", { class: "words" }, bubble.text)),
      el("span", { class: "meta" }, clock(bubble.at), " · ", bubble.mine ? el("span", { class: "sent" }, STATES[bubble.state]) : cost));
  }

  marked(node, state) {
    const sent = node.querySelector(".sent");
    if (sent) sent.textContent = STATES[state];
  }
}
