// The page: who is speaking, which language, and what moved.
import { $, get, latest, make } from "./dom.js";
import { speak, word } from "./words.js";
import * as chat from "./chat.js";
import * as letters from "./letters.js";
import * as store from "./store.js";

const state = { people: [], person: null, chosen: null, unread: {} };

function language() {
  return state.chosen || state.person?.language_code || "en";
}

function say() {
  speak(language());
  for (const button of document.querySelectorAll("[data-language]"))
    button.setAttribute("aria-pressed", String(button.dataset.language === language()));
  people();
  chat.redraw();
  letters.redraw();
  store.redraw();
}

function people() {
  $("people").replaceChildren(...state.people.map((person) => {
    const unread = state.unread[person.id] || 0;
    return make("button", {
      type: "button", class: "person", "data-testid": `person-${person.key}`, "data-key": person.key,
      "aria-pressed": String(person === state.person), click: () => choose(person),
    },
    make("span", { class: `avatar ${person.key}`, "aria-hidden": "true" }, person.first_name[0]),
    make("span", { class: "person-name" }, person.first_name,
      make("small", {}, `${person.language_code || "?"} · @${person.username || person.id}`)),
    unread ? make("span", { class: "count", "aria-label": `${unread} ${word("unread")}` }, String(unread)) : null);
  }));
}

async function choose(person) {
  state.person = person;
  state.unread[person.id] = 0;
  localStorage.setItem("person", person.key);
  chat.open(person);
  say();
  await refresh.chat();
}

const refresh = {
  people: latest(async () => {
    state.people = (await get("people")).people.filter((person) => ["aigul", "dias", "saule", "dana"].includes(person.key));
    const known = state.person?.key || localStorage.getItem("person"), spoken = navigator.language.slice(0, 2);
    state.person = state.people.find((one) => one.key === known) // else whoever speaks the browser's language
      || state.people.find((one) => one.language_code === spoken) || state.people[0];
  }),
  chat: latest(() => chat.read()),
  letters: latest(() => letters.read()),
  store: latest(() => store.read()),
};

async function moved(names) {
  const all = names.includes("hello") || names.includes("reset");
  if (all) {
    await refresh.people();
    chat.open(state.person);
    say();
  }
  if (all || names.includes("profile") || names.includes(`chat ${state.person?.id}`)) refresh.chat();
  if (all || names.includes("letters")) refresh.letters();
  if (all || names.includes("store")) refresh.store();
  for (const person of state.people) {
    if (person !== state.person && names.includes(`chat ${person.id}`)) {
      state.unread[person.id] = (state.unread[person.id] || 0) + 1;
      people();
    }
  }
}

function view(name) {
  document.body.dataset.view = name;
  for (const button of document.querySelectorAll("[data-view-button]"))
    button.setAttribute("aria-pressed", String(button.dataset.viewButton === name));
}

for (const button of document.querySelectorAll("[data-language]"))
  button.addEventListener("click", () => {
    state.chosen = state.chosen === button.dataset.language ? null : button.dataset.language;
    say();
  });
for (const button of document.querySelectorAll("[data-view-button]"))
  button.addEventListener("click", () => view(button.dataset.viewButton));

view("chat");
const events = new EventSource("/sandbox/events");
events.addEventListener("message", (event) => moved(JSON.parse(event.data)));
events.addEventListener("open", () => document.body.classList.remove("away"));
events.addEventListener("error", () => document.body.classList.add("away"));
