// A feature phone: dials codes, shows the network's window, answers it.

import { post } from "./api.js";
import { clock, el } from "./dom.js";
import { Keypad } from "./keypad.js";

const DIAL = /^\*[0-9*]{1,60}#$/;

export class UssdPhone {
  constructor(station) {
    this.station = station;
    this.mode = "idle";
    this.field = el("input", {
      class: "typed", "aria-label": "Type on the USSD phone", autocomplete: "off", spellcheck: "false",
      maxlength: 160, oninput: () => this.#typed(),
    });
    this.title = el("span", { class: "lcd-title" });
    this.more = el("span", { class: "lcd-more", "aria-hidden": "true" });
    this.head = el("div", { class: "lcd-head" }, this.title, this.more);
    this.text = el("div", { class: "lcd-text", role: "log", "aria-live": "polite", tabindex: -1, onscroll: () => this.#marks() });
    this.case = el("span", { class: "lcd-case" }, "123");
    this.entry = el("div", { class: "lcd-entry" }, this.field, this.case);
    this.held = false;
    this.window = el("div", { class: "lcd-window" }, this.head, this.text, this.entry);
    this.left = el("span");
    this.right = el("span");
    this.time = el("span", { class: "lcd-time" }, clock());
    setInterval(() => { this.time.textContent = clock(); }, 10_000);
    this.lcd = el("div", { class: "lcd" },
      el("div", { class: "lcd-status", "aria-hidden": "true" }, el("i", { class: "signal" }), this.time, el("i", { class: "battery" })),
      this.window,
      el("div", { class: "lcd-soft" }, this.left, this.right));
    this.keypad = new Keypad({
      field: this.field,
      softLeft: () => this.#left(), softRight: () => this.#right(),
      call: () => this.#left(), end: () => this.#hangUp(),
      scroll: (way) => this.#scroll(way),
      modeChanged: (mode) => { this.case.textContent = mode; },
    });
    this.node = el("div", { class: "phone feature", onclick: () => this.#focus(), onkeydown: (event) => this.#key(event) },
      el("div", { class: "ear", "aria-hidden": "true" }),
      el("div", { class: "glass" }, this.lcd, el("div", { class: "maker", "aria-hidden": "true" }, "maita")),
      this.keypad.node);
    this.#idle();
  }

  show({ screen }) {
    this.shown = "";
    if (screen && (screen.text || screen.trouble)) this.screen(screen);
    else this.#idle();
  }

  screen(screen) {
    // The same screen comes twice, as the answer and as an event; what is typed by then stays.
    const key = `${screen.session} ${screen.hop}`;
    if (screen.session && key === this.shown) return;
    if (!screen.text) {
      if (this.mode === "open" && this.shown.startsWith(screen.session)) this.#idle();
      return;
    }
    this.shown = key;
    this.mode = screen.open ? "open" : "done";
    this.#say(screen.trouble ? "Network" : screen.dialled, screen.text);
    this.#labels(screen.open ? ["Send", "Cancel"] : ["OK", ""]);
    this.#entry({ shown: screen.open, secret: screen.secret });
    this.lcd.dataset.mode = screen.trouble ? "trouble" : this.mode;
    this.text.scrollTop = 0;
    this.#marks();
  }

  dial(code) {
    this.#idle();
    this.field.value = code;
    this.#typed();
    this.#left();
  }

  #idle() {
    this.mode = "idle";
    const code = this.station.channel?.address ?? "*123#";
    this.#say("", "");
    this.text.replaceChildren(
      el("div", { class: "lcd-network" }, "Maita Mobile"),
      el("div", { class: "lcd-date" }, new Date().toLocaleDateString([], { weekday: "short", day: "numeric", month: "short" })),
      el("button", { type: "button", class: "lcd-dial", onclick: () => this.dial(code) }, `Dial ${code}`));
    this.#labels(["", ""]);
    this.#entry({ shown: true, secret: false, dialling: true });
    this.lcd.dataset.mode = "idle";
  }

  #say(head, text) {
    this.title.textContent = head ?? "";
    this.text.replaceChildren(text);
    this.#marks();
  }

  // Whether there is more above or below what the window shows.
  #marks() {
    const { scrollTop, clientHeight, scrollHeight } = this.text;
    const below = scrollTop + clientHeight < scrollHeight - 2;
    this.more.textContent = `${scrollTop > 2 ? "▲" : ""}${below ? "▼" : ""}`;
  }

  // By whole lines, so that none is ever cut.
  #scroll(way) {
    const line = parseFloat(getComputedStyle(this.text).lineHeight);
    this.text.scrollTop = (Math.round(this.text.scrollTop / line) + 2 * way) * line;
  }

  #focus() {
    (this.field.disabled ? this.text : this.field).focus({ preventScroll: true });
  }

  #labels([left, right]) {
    this.left.textContent = left;
    this.right.textContent = right;
  }

  #entry({ shown, secret, dialling = false }) {
    this.entry.hidden = !shown;
    this.field.disabled = !shown;
    this.field.value = "";
    this.field.classList.toggle("secret", secret);
    this.field.dataset.dialling = dialling ? "yes" : "";
    this.keypad.toggle(false);
    this.case.hidden = dialling;
    // A hidden field loses the focus: whoever was typing gets it back with the next screen.
    if (this.node?.contains(document.activeElement)) this.held = true;
    if (this.held) this.#focus();
    if (shown) this.held = false;
  }

  #typed() {
    if (this.mode !== "idle") return;
    this.field.value = this.field.value.replace(/[^0-9*#]/g, "");
    this.lcd.dataset.mode = this.field.value ? "dialling" : "idle";
    this.#labels(this.field.value ? ["Call", "Clear"] : ["", ""]);
  }

  #key(event) {
    if (event.target instanceof HTMLButtonElement) return;
    if (event.key === "Enter") { event.preventDefault(); this.#left(); }
    if (event.key === "Escape") this.#right();
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      this.#scroll(event.key === "ArrowUp" ? -1 : 1);
    }
  }

  #left() {
    const value = this.field.value;
    if (this.mode === "done") return this.#idle();
    if (this.mode === "open") return this.#ask("ussd/send", { text: value });
    if (this.mode !== "idle" || !value) return;
    if (!DIAL.test(value)) return this.screen({ text: "Connection problem or invalid MMI code.", trouble: true });
    this.#ask("dial", { code: value });
  }

  #right() {
    if (this.mode === "open") return this.#hangUp();
    this.#idle();
  }

  #hangUp() {
    const open = this.mode === "open" || this.mode === "busy";
    this.#idle();
    if (open) post("ussd/hangup", { phone: this.station.number }).catch(() => {});
  }

  async #ask(path, body) {
    this.mode = "busy";
    this.#entry({ shown: false, secret: false });
    this.#say("", "");
    this.text.replaceChildren(el("div", { class: "lcd-busy" }, "USSD code running", el("i")));
    this.#labels(["", ""]);
    this.lcd.dataset.mode = "busy";
    try {
      this.screen(await post(path, { phone: this.station.number, ...body }));
    } catch (error) {
      this.screen({ text: error.message, trouble: true });
    }
  }
}
