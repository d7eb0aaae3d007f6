// The keys of a feature phone. In `abc` mode a digit key pressed again soon takes the next letter.

import { el, icon } from "./dom.js";

const ROWS = [
  ["1", ""], ["2", "abc"], ["3", "def"], ["4", "ghi"], ["5", "jkl"], ["6", "mno"],
  ["7", "pqrs"], ["8", "tuv"], ["9", "wxyz"], ["*", "+"], ["0", "␣"], ["#", "123·abc"],
];
const AGAIN_MS = 900;

export class Keypad {
  constructor({ field, softLeft, softRight, call, end, scroll, modeChanged }) {
    Object.assign(this, { field, modeChanged, letters: false, last: { key: "", at: 0, turn: 0 } });
    const press = (label, name, onclick, ...inside) =>
      el("button", { type: "button", class: `key ${name}`, "aria-label": label, onclick, tabindex: -1 }, ...inside);
    this.node = el("div", { class: "keys" },
      el("div", { class: "command" },
        press("Left softkey", "soft", softLeft, el("i")),
        press("Up", "nav up", () => scroll(-1), icon("up", { size: 14 })),
        press("Right softkey", "soft", softRight, el("i")),
        press("Call", "call", call, icon("call", { filled: true, size: 17 })),
        press("Down", "nav down", () => scroll(1), icon("down", { size: 14 })),
        press("Hang up", "end", end, icon("call", { filled: true, size: 17 }))),
      el("div", { class: "digits" }, ROWS.map(([digit, letters]) =>
        press(digit, "digit", () => this.press(digit, letters), el("b", {}, digit), el("small", {}, letters)))));
  }

  press(digit, letters) {
    if (digit === "#" && !this.field.dataset.dialling) return this.toggle();
    if (!this.letters || digit === "*" || digit === "1") return this.type(digit);
    if (digit === "0") return this.type(" ");
    const soon = Date.now() - this.last.at < AGAIN_MS && this.last.key === digit;
    const turn = soon ? (this.last.turn + 1) % letters.length : 0;
    this.last = { key: digit, at: Date.now(), turn };
    const start = this.field.value.slice(0, soon ? -1 : undefined);
    const first = start.trim() === "";
    this.field.value = start + (first ? letters[turn].toUpperCase() : letters[turn]);
    this.field.dispatchEvent(new Event("input"));
  }

  type(char) {
    this.last = { key: "", at: 0, turn: 0 };
    if (this.field.disabled) return;
    this.field.value = (this.field.value + char).slice(0, this.field.maxLength);
    this.field.dispatchEvent(new Event("input"));
  }

  toggle(letters = !this.letters) {
    this.letters = letters;
    this.modeChanged(letters ? "abc" : "123");
  }
}
