// The desk: three stations, each a phone with its inspector, fed by one stream of events.

import { get, listen } from "./api.js";
import { el } from "./dom.js";
import { Inspector } from "./inspector.js";
import { Picker } from "./picker.js";
import { SmsPhone } from "./sms.js";
import { UssdPhone } from "./ussd.js";
import { WhatsAppPhone } from "./whatsapp.js";

const KINDS = [
  { surface: "ussd", title: "USSD", Phone: UssdPhone },
  { surface: "whatsapp", title: "WhatsApp", Phone: WhatsAppPhone },
  { surface: "sms", title: "SMS", Phone: SmsPhone },
];

class Station {
  constructor(desk, { surface, title, Phone }, place, { phones, channels }) {
    Object.assign(this, { desk, surface, title });
    this.channels = channels.filter((channel) => channel.surface === surface);
    this.picker = new Picker(this, phones, place, () => this.picked());
    this.phone = new Phone(this);
    this.inspector = new Inspector(this);
    this.place = el("section", { class: `station ${surface}`, "aria-label": `${title} phone` },
      el("div", { class: "hand", onpointerdown: () => desk.focus(this), onfocusin: () => desk.focus(this) },
        this.picker.node, this.phone.node, this.inspector.strip),
      this.inspector.node);
  }

  get number() { return this.picker.number; }
  get channel() { return this.picker.channel; }

  async picked() {
    this.desk.listenAgain();
    await this.refresh();
  }

  async refresh() {
    if (!this.channel) return;
    const [number, channel] = [this.number, this.channel.id];
    const handset = await get("handset", { phone: number });
    if (number !== this.number || channel !== this.channel.id) return;
    this.inspector.clear();
    this.phone.show({ screen: handset.screen, bubbles: handset.threads[channel] ?? [] });
  }

  hears(event) {
    if (event.phone !== this.number) return;
    const mine = event.channel === this.channel?.id;
    if (event.type === "screen") this.phone.screen?.(event.screen);
    else if (event.type === "exchange") this.#exchange(event);
    else if (!mine) return;
    else if (event.type === "bubble") this.phone.bubble?.(event.bubble);
    else if (event.type === "mark") this.phone.mark?.(event.id, event.state);
    else if (event.type === "typing") this.phone.typing?.();
    else if (event.type === "standing") this.inspector.standing(event.standing);
    else if (event.type === "entry") this.inspector.entry(event.entry);
  }

  // A dialled code may reach another channel than the one picked: the picker follows.
  #exchange(event) {
    const reached = this.channels.find((channel) => channel.id === event.channel);
    if (!reached) return;
    if (this.surface === "ussd" && reached !== this.channel) {
      this.picker.reach(reached);
      this.inspector.clear();
      this.desk.listenAgain();
    }
    if (reached.id === this.channel.id) this.inspector.exchange(event.exchange);
  }
}

class Desk {
  constructor(setting) {
    this.stations = KINDS.map((kind, place) => new Station(this, kind, place, setting));
    this.tabs = el("div", { class: "tabs", role: "tablist", "aria-label": "Inspector of" },
      this.stations.map((station) => el("button", {
        type: "button", role: "tab", class: station.surface, onclick: () => this.focus(station),
      }, station.title)));
    this.node = [...this.stations.map((station) => station.place), this.tabs];
    this.focus(this.stations[0]);
  }

  focus(station) {
    this.stations.forEach((other, place) => {
      other.place.classList.toggle("active", other === station);
      this.tabs.children[place].setAttribute("aria-selected", String(other === station));
    });
  }

  listenAgain() {
    clearTimeout(this.pending);
    this.pending = setTimeout(() => {
      this.close?.();
      const watched = this.stations.filter((station) => station.channel)
        .map((station) => [station.channel.id, station.number]);
      this.close = listen(watched, {
        heard: (event) => this.stations.forEach((station) => station.hears(event)),
        connected: (yes) => this.connected(yes),
      });
    });
  }

  // A server that was away may have forgotten the phones, so they are read again.
  connected(yes) {
    if (yes && this.lost) this.stations.forEach((station) => station.refresh().catch(() => {}));
    this.lost = !yes;
    const link = document.getElementById("link");
    link.textContent = yes ? "live" : "reconnecting…";
    link.classList.toggle("on", yes);
    document.body.dataset.live = String(yes);
  }
}

const setting = await get("phones");
const desk = new Desk(setting);
document.getElementById("desk").append(...desk.node);
await Promise.all(desk.stations.map((station) => station.refresh()));
desk.listenAgain();
