"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const by = (id) => document.getElementById(id);
const chosen = {
  language: Object.keys(data.languages)[0],
  channel: data.channels[0],
  filling: "",
};
const HOW = { "": "asked", "0": "back", "third miss": "third miss in a row" };

function make(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/* One button per value; the pressed one is the choice. */
function chips(place, key, values, label, faults) {
  by(place).replaceChildren(...values.map((value) => {
    const chip = make("button", faults(value) ? "bad" : "", label(value));
    chip.type = "button";
    chip.setAttribute("aria-pressed", String(chosen[key] === value));
    chip.addEventListener("click", () => { chosen[key] = value; show(); });
    return chip;
  }));
}

function faultsOf(language, channel) {
  return data.counts
    .filter(([l, c]) => (!language || l === language) && (!channel || c === channel))
    .reduce((sum, row) => sum + row[4], 0);
}

function verdict() {
  const row = data.counts.find(([l, c]) => l === chosen.language && c === chosen.channel);
  const all = data.counts.reduce((sum, each) => sum + each[3], 0);
  const faults = faultsOf();
  const parts = [make("b", "", `${all.toLocaleString("en")} pages walked, `)];
  parts.push(make("b", faults ? "bad" : "", faults ? `${faults} faults` : "all fit, no word is cut"));
  if (row) {
    const [, , screens, pages, , fullest, single, usual] = row;
    const share = chosen.channel === "SMS" && usual
      ? `; ${Math.round((100 * single) / usual)} % of usual answers are one message` : "";
    parts.push(` · here ${screens.toLocaleString("en")} screens, ${pages.toLocaleString("en")} pages, the fullest ${fullest} %${share}`);
  }
  by("verdict").replaceChildren(...parts);
}

function bar({ used, most, segments }) {
  const share = used / most;
  const fill = make("div", `fill${share > 1 ? " over" : share > 0.95 ? " nearly" : ""}`);
  const line = make("i");
  line.style.setProperty("--share", `${Math.min(share, 1) * 100}%`);
  const unit = segments ? ` · ${segments} SMS` : "";
  fill.append(line, make("span", "", `${used} of ${most}${unit}`));
  return fill;
}

function phone(page) {
  if (chosen.channel.startsWith("USSD")) {
    const lcd = make("div", "lcd");
    lcd.append(make("div", "text", page.text));
    return lcd;
  }
  const chat = make("div", "chat");
  const bubble = make("div", "bubble");
  if (page.image) bubble.append(make("div", "qr", "QR code"));
  bubble.append(make("div", "text", page.text));
  chat.append(bubble);
  if (page.style === "buttons") chat.append(...page.options.map(([short]) => make("div", "reply", short)));
  if (page.style === "list") {
    const sheet = make("div", "sheet");
    for (const [short, detail] of page.options) {
      const row = make("div", "row", short);
      if (detail) row.append(make("small", "", detail));
      sheet.append(row);
    }
    chat.append(make("div", "reply", `≡ ${page.button}`), sheet);
  }
  return chat;
}

function framed(screen, page) {
  const figure = make("figure");
  const caption = make("figcaption");
  caption.title = screen.case;
  caption.append(make("b", "", screen.filling), ` · ${HOW[screen.how] ?? screen.how}`);
  if (screen.pages.length > 1) caption.append(` · ${page.number} of ${screen.pages.length}`);
  figure.append(caption, phone(page), bar(page));
  return figure;
}

function shown(screen) {
  const made = make("div", `screen${screen.faults.length ? " faulty" : ""}`);
  const pages = make("div", "pages");
  pages.append(...screen.pages.map((page) => framed(screen, page)));
  made.append(pages);
  if (screen.faults.length) {
    const list = make("ul", "faults");
    list.append(...screen.faults.map((fault) => make("li", "", fault)));
    made.append(list);
  }
  return made;
}

function section(dialog, screens) {
  const made = make("section");
  made.id = dialog;
  made.append(make("h2", "", dialog.replaceAll("_", " ")));
  for (const state of new Set(screens.map((screen) => screen.state))) {
    const here = screens.filter((screen) => screen.state === state);
    const title = make("h3", "", `${dialog}.${state}`);
    title.append(...here[0].marks.map((mark) => make("span", `mark ${mark}`, mark)));
    const shelf = make("div", "shelf");
    shelf.append(...here.map(shown));
    made.append(title, shelf);
  }
  return made;
}

function show() {
  const here = data.screens.filter((screen) =>
    screen.language === chosen.language && screen.channel === chosen.channel
    && (!chosen.filling || screen.filling === chosen.filling)
    && (!by("fullest").checked || screen.fullest) && (!by("faulty").checked || screen.faults.length));
  const groups = data.dialogs
    .map((dialog) => [dialog, here.filter((screen) => screen.dialog === dialog)])
    .filter(([, screens]) => screens.length);
  const main = by("screens");
  const surface = chosen.channel.split(" ")[0];
  main.className = `${surface}${data.languages[chosen.language][1] ? " rtl" : ""}`;
  document.documentElement.style.setProperty("--accent", `var(--${surface})`);
  main.replaceChildren(...groups.map(([dialog, screens]) => section(dialog, screens)));
  if (!groups.length) main.append(make("p", "none", "Nothing to see with these filters."));
  by("dialogs").replaceChildren(...groups.map(([dialog, screens]) => {
    const link = make("a", "", dialog.replaceAll("_", " "));
    link.href = `#${dialog}`;
    const faults = screens.reduce((sum, screen) => sum + screen.faults.length, 0);
    const pages = screens.reduce((sum, screen) => sum + screen.pages.length, 0);
    link.append(make("small", faults ? "bad" : "", String(faults || pages)));
    return link;
  }));
  chips("languages", "language", Object.keys(data.languages), (code) => data.languages[code][0], (code) => faultsOf(code));
  chips("channels", "channel", data.channels, (name) => name, (name) => faultsOf(chosen.language, name));
  chips("fillings", "filling", ["", ...new Set(data.screens.filter((screen) => screen.channel === chosen.channel && screen.language === chosen.language).map((screen) => screen.filling))], (name) => name || "all words", () => 0);
  verdict();
  document.body.dataset.shown = String(here.length);
}

by("fullest").addEventListener("change", show);
by("faulty").addEventListener("change", show);
show();
