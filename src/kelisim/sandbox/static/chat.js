// The chat as one person sees it.
import { $, get, make, post } from "./dom.js";
import { clock, word } from "./words.js";
import { formatted } from "./text.js";
import { open as read_document } from "./reader.js";

let person = null, shown = null, toasted = 0;
const drawn = new Map();

const act = async (name, said = {}) => {
  try {
    const done = await post(`act/${name}`, { person: person.key, ...said });
    if (done.note?.copy_text) { await navigator.clipboard?.writeText(done.note.copy_text.text); flash(word("copied")); }
  } catch (trouble) {
    flash(`${word("failed")}: ${trouble.message}`);
  }
};

export function open(someone) {
  if (person?.id === someone.id) return;
  person = someone;
  shown = null;
  drawn.clear();
  $("messages").replaceChildren();
  $("toast").hidden = true;
}

export async function read() {
  const asked = person;
  const fresh = await get(`chats/${asked.id}?last=200`);
  if (asked !== person) return;
  if (shown === null) toasted = fresh.toast?.revision || 0;
  shown = fresh;
  draw();
}

export function redraw() {
  drawn.clear();
  $("messages").replaceChildren();
  draw();
}

function draw() {
  const texts = { sticker: "👍", voice: "🎤", photo: "🖼", document: "📄", location: "📍", contact: "☎" };
  $("attachments").replaceChildren(...Object.keys(texts).map((kind) => make("button", {
    type: "button", "data-testid": `attach-${kind}`,
    click: () => { toggle("attach", "attachments", false); kind === "contact" ? act("contact") : act("send", { kind }); },
  }, make("span", { "aria-hidden": "true" }, texts[kind]), word(kind === "document" ? "file" : kind))));
  if (!shown) return;
  const { bot, messages, keyboard, blocked, action, toast } = shown;
  $("bot-name").textContent = bot.name;
  document.querySelector(".avatar.bot").textContent = bot.name[0]?.toUpperCase() || "";
  $("bot-status").textContent = !bot.at_home ? word("asleep") : action ? word("typing") : `${word("bot")} · @${bot.username}`;
  $("block").textContent = word(blocked ? "unblock" : "block");
  commands(bot.commands);
  list(messages);
  replies(keyboard);
  start(bot, messages, blocked);
  if (toast && toast.revision > toasted) {
    toasted = toast.revision;
    if (toast.alert) { $("alert-text").textContent = toast.text; $("alert").showModal(); } else flash(toast.text);
  }
}

function list(messages) {
  const box = $("messages");
  const low = box.scrollHeight - box.scrollTop - box.clientHeight < 80;
  const last = messages.at(-1)?.message_id;
  const numbers = new Set(messages.map((one) => one.message_id));
  for (const [number, old] of drawn) if (!numbers.has(number)) { old.node.remove(); drawn.delete(number); }
  let grew = false;
  for (const one of messages) {
    const old = drawn.get(one.message_id);
    if (old?.revision === one.revision) continue;
    const node = bubble(one);
    if (old) old.node.replaceWith(node); else { box.append(node); grew ||= one.message_id === last; }
    drawn.set(one.message_id, { revision: one.revision, node });
  }
  if (low || grew) box.scrollTop = box.scrollHeight;
}

function bubble(one) {
  const body = make("div", { class: "bubble" });
  const name = one.by_bot ? shown.bot.name : word("you");
  if (one.forward_origin) body.append(make("p", { class: "forwarded" },
    `${word("forwarded")}: ${one.forward_origin.sender_user?.first_name || one.forward_origin.sender_user_name || ""}`));
  if (one.reply_to_message) body.append(make("p", { class: "quoted" }, one.reply_to_message.text || "…"));
  if (one.document) body.append(file(one.document));
  else if (one.photo) body.append(make("img", { class: "photo", alt: word("photo"), src: `/sandbox/files/${one.photo.at(-1).file_id}` }));
  else if (one.contact) body.append(make("p", { class: "card" }, `☎ ${one.contact.first_name}`, make("br"), one.contact.phone_number));
  else if (one.text === undefined) body.append(make("p", { class: "card" }, one.sticker ? one.sticker.emoji : other(one)));
  const text = one.text ?? one.caption;
  if (text) body.append(formatted(text, one.entities || one.caption_entities || [], say));
  body.append(make("p", { class: "when" }, (one.edit_date ? word("edited") + " " : "") + clock(one.edit_date || one.date)));
  const keys = (one.reply_markup?.inline_keyboard || []).map((row) => make("div", { class: "row" }, ...row.map((key) => button(one, key))));
  return make("article", {
    class: `message ${one.by_bot ? "theirs" : "mine"}`, "data-testid": "chat-message", "data-id": one.message_id,
    "data-by": one.by_bot ? "bot" : "person", "aria-label": name,
  }, body, keys.length ? make("div", { class: "keys" }, ...keys) : null);
}

function other(one) {
  const known = new Set("message_id from chat date by_bot revision labels forward_origin edit_date caption".split(" "));
  const kind = Object.keys(one).find((name) => !known.has(name)) || "";
  return `${word("removed")}: ${kind}`;
}

function button(message, key) {
  const given = { class: "key", "data-testid": "button", "data-label-text": key.text };
  if (key.url && !mine(key.url)) return make("a", { ...given, href: key.url, target: "_blank", rel: "noopener noreferrer" }, key.text, make("span", { "aria-hidden": "true" }, " ↗"));
  return make("button", { ...given, type: "button", click: (event) => {
    event.currentTarget.classList.add("pressed");
    return key.url ? say(key.url) : act("press", { label: key.text, message_id: message.message_id });
  } }, key.text);
}

// a link that would open this very bot: its start payload is what Telegram would send
const mine = (url) => url.match(new RegExp(`^(?:https://t\\.me/|tg://resolve\\?domain=)${shown.bot.username}(?:[?&]start=([\\w-]*))?$`, "i"));

function say(text) {
  const found = mine(text);
  act("say", { text: found ? `/start ${found[1] || ""}`.trim() : text });
}

function file(document) {
  const size = document.file_size < 1024 ? `${document.file_size} B` : `${Math.round(document.file_size / 1024)} KB`;
  return make("button", { type: "button", class: "file", "data-testid": "document", click: () => read_document(document.file_name, `/sandbox/files/${document.file_id}`, document.mime_type) },
    make("span", { class: "file-icon", "aria-hidden": "true" }, document.file_name.split(".").at(-1).slice(0, 4)),
    make("span", { class: "file-name" }, document.file_name, make("small", {}, `${size} · ${word("open")}`)));
}

function replies(keyboard) {
  const rows = keyboard?.keyboard || [];
  $("reply-keyboard").hidden = !rows.length;
  $("reply-keyboard").replaceChildren(...rows.map((row) => make("div", { class: "row" }, ...row.map((key) => make("button", {
    type: "button", class: "reply-key", "data-testid": "reply-button", click: () => act("press", { label: key.text }),
  }, key.request_contact ? make("span", { "aria-hidden": "true" }, "☎ ") : null, key.text)))));
  $("composer").placeholder = keyboard?.input_field_placeholder || word("write");
}

function start(bot, messages, blocked) {
  const empty = !messages.length;
  $("start").hidden = !empty && !blocked;
  $("writing").hidden = empty || blocked;
  $("messages").classList.toggle("empty", empty);
  if (empty && !drawn.has(0)) $("messages").replaceChildren(make("div", { class: "before", "data-testid": "description" },
    make("span", { class: "avatar bot big", "aria-hidden": "true" }, bot.name[0]?.toUpperCase() || ""),
    make("strong", {}, bot.description ? word("before") : word("nobody")), make("p", {}, bot.description)));
  else if (!empty) $("messages").querySelector(".before")?.remove();
  $("start").replaceChildren(
    blocked ? make("p", {}, word("blocked")) : "",
    blocked
      ? make("button", { type: "button", class: "main", "data-testid": "unblock", click: () => act("block", { blocked: false }) }, word("unblock"))
      : make("button", { type: "button", class: "main", "data-testid": "start", click: () => act("say", { text: "/start" }) }, word("start")));
}

function commands(all) {
  const typed = $("composer").value;
  const fitting = typed.startsWith("/") ? all.filter((one) => `/${one.command}`.startsWith(typed)) : all;
  $("commands").replaceChildren(...fitting.map((one) => make("button", {
    type: "button", "data-testid": "command", click: () => { toggle("menu", "commands", false); $("composer").value = ""; act("say", { text: `/${one.command}` }); },
  }, make("b", {}, `/${one.command}`), make("span", {}, one.description))));
  if (typed.startsWith("/")) toggle("menu", "commands", fitting.length > 0 && !typed.includes(" "));
}

function toggle(opener, box, wanted = $(box).hidden) {
  $(box).hidden = !wanted;
  $(opener).setAttribute("aria-expanded", String(wanted));
}

let flashing;
function flash(text) {
  $("toast").textContent = text;
  $("toast").hidden = false;
  clearTimeout(flashing);
  flashing = setTimeout(() => { $("toast").hidden = true; }, 4000);
}

function grow() {
  $("composer").dataset.lines = String(Math.min(6, $("composer").value.split("\n").length));
  $("composer").rows = Math.min(6, $("composer").value.split("\n").length);
}

$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("composer").value;
  if (!text.trim()) return;
  $("composer").value = "";
  toggle("menu", "commands", false);
  grow();
  say(text.trim());
});
$("composer").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); $("form").requestSubmit(); }
  if (event.key === "Escape") toggle("menu", "commands", false);
});
$("composer").addEventListener("input", () => {
  grow();
  if (!shown) return;
  if ($("composer").value.startsWith("/")) commands(shown.bot.commands); else toggle("menu", "commands", false);
});
$("menu").addEventListener("click", () => { if (shown) commands(shown.bot.commands); toggle("menu", "commands"); });
$("attach").addEventListener("click", () => toggle("attach", "attachments"));
$("block").addEventListener("click", () => act("block", { blocked: !shown?.blocked }));
