// Above each phone: whose phone it is, and which line of the shop it is on.

import { el } from "./dom.js";

const OTHER = "other";
const FIRST = [/member/, /new/, /staff|cashier|manager/];

export class Picker {
  constructor(station, phones, place, changed) {
    Object.assign(this, { station, phones, changed });
    const start = phones.find((phone) => FIRST[place].test(phone.note)) ?? phones[0];
    this.number = start?.number ?? "+263771234567";
    this.channel = this.#nearest(start);
    this.who = el("select", { "aria-label": `${station.title}: whose phone`, onchange: () => this.#who() },
      groups(phones, (phone) => phone.group, (phone) => option(phone.number, caption(phone))),
      option(OTHER, "Another number…"));
    this.other = el("input", {
      type: "tel", placeholder: "+263771234567", "aria-label": `${station.title}: another number`,
      hidden: true, onchange: () => this.#typed(), maxlength: 16,
    });
    this.line = el("select", { "aria-label": `${station.title}: shop and line`, onchange: () => this.#line() },
      groups(station.channels, (channel) => channel.owner, (channel) => option(channel.id, channel.shown)));
    this.who.value = this.number;
    if (this.channel) this.line.value = this.channel.id;
    this.person = el("div", { class: "choice" }, el("span", {}, "as"), this.other, this.who);
    this.node = el("div", { class: "picker" },
      el("div", { class: "choice" }, el("span", {}, station.title), this.line), this.person);
  }

  reach(channel) {
    this.channel = channel;
    this.line.value = channel.id;
  }

  // The first line of the shop that the phone's owner belongs to.
  #nearest(phone) {
    const { channels } = this.station;
    return channels.find((channel) => channel.owner === phone?.group) ?? channels[0];
  }

  #who() {
    this.other.hidden = this.who.value !== OTHER;
    this.person.classList.toggle("typing", !this.other.hidden);
    if (!this.other.hidden) return this.other.focus();
    this.number = this.who.value;
    this.changed();
  }

  #typed() {
    const number = this.other.value.replace(/[^0-9+]/g, "");
    const good = /^\+[1-9][0-9]{6,14}$/.test(number);
    this.other.classList.toggle("wrong", !good);
    if (!good) return;
    this.number = number;
    this.changed();
  }

  #line() {
    this.channel = this.station.channels.find((channel) => channel.id === this.line.value);
    this.changed();
  }
}

// Somebody new has no role to tell: their name says it.
function caption(phone) {
  return [phone.name, phone.note === "new" ? "" : phone.note, `…${phone.number.slice(-4)}`].filter(Boolean).join(" · ");
}

function option(value, text) {
  return el("option", { value }, text);
}

function groups(things, group, build) {
  const found = new Map();
  for (const thing of things) found.set(group(thing), [...(found.get(group(thing)) ?? []), thing]);
  return [...found].flatMap(([name, members]) =>
    name ? el("optgroup", { label: name }, members.map(build)) : members.map(build));
}
