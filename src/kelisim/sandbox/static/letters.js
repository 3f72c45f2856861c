// The postbox: letters, newest first; one of them open.
import { $, get, make, post } from "./dom.js";
import { clock, word } from "./words.js";
import { formatted } from "./text.js";
import { open as read_document } from "./reader.js";

let all = [], opened = null, maildir = false, desk = "", known = 0, part = "text";

export async function read() {
  const fresh = await get("letters");
  all = fresh.letters.reverse();
  maildir = fresh.maildir;
  desk = fresh.desk;
  if (opened && !all.some((one) => one.number === opened.number)) opened = null;
  draw();
}

export function redraw() {
  draw();
}

function draw() {
  for (const id of ["post-count", "post-count-small"]) $(id).textContent = String(all.length);
  $("letters").hidden = Boolean(opened);
  $("letter").hidden = !opened;
  $("compose").hidden = Boolean(opened) || !maildir;
  compose();
  $("letters").replaceChildren(...(all.length ? all.map(line) : [make("div", { class: "nothing" },
    make("span", { class: "nothing-icon", "aria-hidden": "true" }, "✉"), make("strong", {}, word("noLetters")), make("p", {}, word("noLettersHint")))]));
  known = Math.max(known, all[0]?.number || 0);
  if (opened) letter();
}

const links = (text) => [...text.matchAll(/https?:\/\/[^\s<>"«»]*[^\s<>"«».,;:!?)]/g)].map((found) => ({ type: "url", offset: found.index, length: found[0].length }));
const who = (address) => address.replace(/\s*<[^>]*>/, "").replace(/^"|"$/g, "") || address;

function line(one) {
  return make("button", {
    type: "button", class: `letter-line${one.number > known && known ? " fresh" : ""}`, "data-testid": "postbox-letter", "data-number": one.number,
    click: () => { opened = one; part = one.text ? "text" : "html"; $("letter").replaceChildren(); draw(); $("letter").querySelector("button").focus(); },
  },
  make("span", { class: "letter-top" }, make("b", {}, who(one.to || one.envelope.to.join(", "))), make("time", {}, clock(one.at))),
  make("span", { class: "letter-subject" }, one.subject || "—"),
  make("span", { class: "letter-start" }, (one.text || "").trim().split("\n")[0] || who(one.from)));
}

function letter() {
  const box = $("letter");
  const typed = box.querySelector("textarea")?.value || "";
  const one = opened;
  const shown = part === "html"
    ? make("iframe", { sandbox: "allow-popups allow-popups-to-escape-sandbox", title: word("html"), src: `/sandbox/letters/${one.number}/html`, class: "letter-html" })
    : make("div", { class: "letter-text", "data-testid": "letter-text" }, formatted((one.text || "").trimEnd(), links(one.text || "")));
  const tab = (name, label) => make("button", {
    type: "button", class: "tab", "aria-pressed": String(part === name), "data-testid": `letter-${name}-tab`, click: () => { part = name; letter(); },
  }, label);
  box.replaceChildren(
    make("button", { type: "button", class: "quiet", "data-testid": "letter-back", click: () => { opened = null; draw(); } }, `← ${word("back")}`),
    make("h3", {}, one.subject || "—"),
    make("dl", {}, make("dt", {}, word("from")), make("dd", {}, one.from || one.envelope.from),
      make("dt", {}, word("to")), make("dd", {}, one.to || one.envelope.to.join(", ")),
      ...(one.reply_to ? [make("dt", {}, "Reply-To"), make("dd", {}, one.reply_to)] : [])),
    make("div", { class: "tabs" }, one.text ? tab("text", word("text")) : null, one.html ? tab("html", word("html")) : null,
      make("a", { href: `/sandbox/letters/${one.number}/raw`, target: "_blank", rel: "noopener noreferrer" }, word("raw"))),
    shown,
    one.attachments.length ? make("div", { class: "letter-files" }, make("b", {}, word("files")), ...one.attachments.map((file, place) => make("button", {
      type: "button", class: "quiet", "data-testid": "letter-file", click: () => read_document(file.name, `/sandbox/letters/${one.number}/attachments/${place}`, file.kind),
    }, `📎 ${file.name}`))) : "",
    maildir ? answer(one, typed) : "");
}

function answer(one, typed) {
  const words = make("textarea", { rows: "4", "aria-label": word("answerHint"), placeholder: word("answerHint"), "data-testid": "letter-answer" });
  words.value = typed;
  const note = make("p", { role: "status" });
  const form = make("form", { class: "letter-form" }, make("b", {}, word("answer")), words,
    make("button", { class: "main", "data-testid": "letter-send" }, word("sendAnswer")), note);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await post("letters", { answers: one.number, quoted: true, text: words.value });
      words.value = "";
      note.textContent = word("answered");
    } catch (trouble) {
      note.textContent = `${word("failed")}: ${trouble.message}`;
    }
  });
  return form;
}

// A new letter to the operator, as anybody; drawn once, so that nothing typed is lost when letters come.
let composed = null;

function compose() {
  const box = $("compose");
  if (!maildir || composed === word("compose")) return;
  composed = word("compose");
  const field = (name, label, more = {}) => make("label", {}, label, make("input", { name, autocomplete: "off", "data-testid": `compose-${name}`, ...more }));
  const words = make("textarea", { rows: "5", "aria-label": word("letterHint"), placeholder: word("letterHint"), "data-testid": "compose-text" });
  const spoofed = make("input", { type: "checkbox", "data-testid": "compose-spoofed" });
  const note = make("p", { role: "status" });
  const form = make("form", { class: "letter-form" },
    field("from", word("from"), { value: "aigul@mail.kz", type: "email", required: true }), make("span", { class: "compose-to" }, `${word("to")}: ${desk}`),
    field("subject", word("subject")), words, make("label", { class: "compose-check" }, spoofed, word("spoofed")),
    make("button", { class: "main", "data-testid": "compose-send" }, word("sendLetter")), note);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = new FormData(form);
    try {
      await post("letters", { from: said.get("from"), subject: said.get("subject"), text: words.value, spoofed: spoofed.checked });
      words.value = "";
      note.textContent = word("written");
    } catch (trouble) {
      note.textContent = `${word("failed")}: ${trouble.message}`;
    }
  });
  box.replaceChildren(make("summary", { "data-testid": "compose" }, word("compose")), form);
}
