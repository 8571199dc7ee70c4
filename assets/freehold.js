// Freehold: the panel's one script. Every page works without it: it only improves links and forms that are there, and
// leaves them to the browser when something fails. It may fetch pages of our own server and move their nodes in. It
// must never write text as HTML, set styles, animate, or decide what someone may do.
// Listeners sit on the document, so that what is moved in works too.

const root = document.documentElement;
const one = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const byId = (id) => document.getElementById(id);
const main = () => Object.assign(one("main"), { tabIndex: -1 });
const on = (type, act) => document.addEventListener(type, act);
const submit = (form) => HTMLFormElement.prototype.submit.call(form);

function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function onClick(selector, act) {
  on("click", (event) => {
    const found = event.target.closest(selector);
    const held = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (!found || held || event.button) return;
    event.preventDefault();
    act(found);
  });
}

const timers = {};
function soon(name, wait, act) {
  clearTimeout(timers[name]);
  timers[name] = setTimeout(act, wait);
}

// A part of the page at `href`. Nothing if a newer request of this name took over; does `instead` if it fails.
const requests = {};
async function fetchPart(name, href, selector, instead) {
  requests[name]?.abort();
  const { signal } = (requests[name] = new AbortController());
  try {
    const answer = await fetch(href, { signal });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const part = answer.ok && !answer.redirected && one(selector, page);
    if (part) return prepare(part);
  } catch {
    // As if the answer were of no use.
  }
  if (!signal.aborted) instead();
}

// What is behind a dialog is not read out, so each dialog has its own place for that.

function announce(text) {
  all("#said, dialog > [role=status]").at(-1).textContent = text;
}

function say(text) {
  if (one("dialog[open]")) return announce(text);
  const toast = make("p", { className: "toast" }, text);
  const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 1000) : toast.remove());
  byId("toasts").append(toast);
  setTimeout(leave, 4000);
}

// Dialogs

function show(dialog, opener = document.activeElement) {
  const title = one("h2", dialog);
  if (title) dialog.setAttribute("aria-labelledby", title.id);
  dialog.append(make("p", { className: "unseen", role: "status" }));
  dialog.closedBy = "any";
  dialog.onclose = () => {
    dialog.remove();
    // The opener may be gone, or the menu it is in closed.
    const menu = one(`[popovertarget="${opener.closest("[popover]")?.id}"]`);
    (opener.checkVisibility() ? opener : (menu ?? main())).focus();
  };
  document.body.append(dialog);
  dialog.showModal();
  const field = ":is(input:not([type=hidden]), select, textarea):enabled";
  (one("[autofocus]", dialog) ?? one(field, dialog) ?? one("[data-cancel]", dialog))?.focus();
}

onClick("a[data-dialog]:not(dialog *)", async (link) => {
  const ordinary = () => location.assign(link.href);
  const body = await fetchPart("dialog", link.href, "main [data-dialog-body]:has(h1)", ordinary);
  if (!body || one("dialog[open]")) return;
  const { id, className, childNodes } = one("h1", body);
  one("h1", body).replaceWith(make("h2", { id: id || "title", className }, ...childNodes));
  // Ids from another page must not meet those of this one.
  for (const name of ["id", "for", "aria-describedby", "aria-labelledby", "data-copy"]) {
    for (const element of all(`[${name}]`, body)) {
      element.setAttribute(name, element.getAttribute(name).replace(/\S+/g, "dialog-$&"));
    }
  }
  show(make("dialog", { className: "dialog" }, body), link);
});

onClick("dialog [data-cancel]", (element) => element.closest("dialog").close());

// Filters: the region follows what is typed. The form stands outside it, so focus and caret stay.

async function filter(form) {
  const id = form.dataset.live;
  clearTimeout(timers[id]);
  const address = new URL(form.getAttribute("action"), location);
  address.search = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
  const slow = setTimeout(() => { byId(id).ariaBusy = "true"; }, 250);
  const fresh = await fetchPart(id, address, `#${id}`, () => submit(form));
  clearTimeout(slow);
  if (!fresh) return;
  byId(id).replaceWith(fresh);
  history.replaceState(null, "", address);
  announce(one("[data-says]", fresh).textContent.trim());
}

on("input", ({ target: { form } }) => {
  if (form?.matches("[data-live]")) soon(form.dataset.live, 180, () => filter(form));
});

// The audit log as it happens, while its switch is on. The browser finds its way back after a break by itself.

const MOST = 500;
on("change", ({ target: tail }) => {
  if (!tail.matches("[data-tail]") || !tail.checked) return;
  const source = new EventSource(tail.dataset.tail);
  let fresh = 0;
  const end = (text) => {
    source.close();
    tail.checked = false;
    if (tail.isConnected && text) say(text);
  };
  source.onmessage = ({ data, lastEventId }) => {
    const line = one("li", new DOMParser().parseFromString(data, "text/html"));
    if (!tail.isConnected || !tail.checked) return end();
    tail.dataset.tail = tail.dataset.tail.replace(/\d+$/, lastEventId);
    if (!byId(line.id)) byId("lines").prepend(prepare(line));
    fresh += 1;
    soon("tail", 1000, () => {
      announce(`${fresh} new event${fresh === 1 ? "" : "s"}`);
      fresh = 0;
    });
    if (byId("lines").children.length > MOST) end("The list is full. Load the page anew to go on.");
  };
  source.addEventListener("over", () => end("The live view has ended. Load the page anew."));
  source.onerror = () => source.readyState === EventSource.CLOSED && end("The live view has ended. Load the page anew.");
  tail.onchange = () => tail.checked || source.close();
});

// Forms: sent once, and not before they are confirmed by typing

on("submit", (event) => {
  const { target: form, submitter } = event;
  if (form.matches("[data-live]")) {
    event.preventDefault();
    filter(form);
  } else if (form.ariaBusy || submitter?.ariaDisabled === "true") {
    event.preventDefault();
  } else if (form.matches("[method=post]")) {
    form.ariaBusy = "true";
    submitter?.setAttribute("aria-disabled", "true");
  }
});

function checkConfirm(input) {
  one("[data-confirm-button]", input.form).ariaDisabled = input.value !== input.dataset.confirmText;
}

on("input", ({ target }) => {
  if (target.matches("[data-confirm-text]")) checkConfirm(target);
});

// On the way back a form may be sent again, and the browser may have filled fields.
addEventListener("pageshow", () => {
  for (const form of all("form[aria-busy]")) {
    form.ariaBusy = null;
    for (const control of form.elements) control.ariaDisabled = null;
  }
  all("[data-confirm-text]").forEach(checkConfirm);
});

// All check boxes of one name at once

on("change", ({ target }) => {
  if (!target.matches("[data-all]")) return;
  for (const box of all(`[name=${target.dataset.all}]`, target.form)) box.checked = target.checked;
});

// Copying

onClick("button[data-copy]", async (button) => {
  const source = byId(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
  } catch {
    getSelection().selectAllChildren(source);
    return say("Selected, ready to copy");
  }
  button.dataset.copied = "";
  setTimeout(() => delete button.dataset.copied, 2000);
  say("Copied");
});

// The flash is not said again on reload

const flash = one("[data-flash] p");
if (flash) {
  const here = new URL(location);
  ["done", "linked"].forEach((name) => here.searchParams.delete(name));
  history.replaceState(null, "", here);
  // What came with the page is not read out; what is said after it is.
  setTimeout(() => announce(flash.textContent), 300);
}

onClick("[data-flash] [data-dismiss]", (button) => {
  button.closest("[data-flash]").remove();
  main().focus();
});

// Times, in the words of the server

const SPANS = { year: 31536000, month: 2592000, day: 86400, hour: 3600, minute: 60 };
const relative = new Intl.RelativeTimeFormat("en");
function words(at, now) {
  const seconds = Math.floor(Math.abs(at - now) / 1000);
  const unit = Object.keys(SPANS).find((unit) => seconds >= SPANS[unit]);
  if (!unit) return at > now ? "in a moment" : "just now";
  const count = seconds / SPANS[unit];
  return relative.format(at > now ? Math.round(count) : -Math.floor(count), unit);
}

function renewTimes() {
  for (const time of all("time[data-ago]")) time.textContent = words(Date.parse(time.dateTime), Date.now());
}
setInterval(renewTimes, 60000);
on("visibilitychange", renewTimes);

const LOCAL = { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", timeZoneName: "short" };
function prepare(part) {
  for (const time of all("time[title]", part)) {
    const at = new Date(time.dateTime);
    if (at.getTimezoneOffset()) time.title += ` (${at.toLocaleString("en-GB", LOCAL)})`;
  }
  all("[data-confirm-text]", part).forEach(checkConfirm);
  return part;
}
prepare(document);

// Theme and contrast: seen at once, kept in the background

on("change", ({ target: { form, name, value } }) => {
  if (!form?.matches("[data-look]")) return;
  if (value === "system") delete root.dataset[name];
  else root.dataset[name] = value;
  soon("look", 180, async () => {
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(form.getAttribute("action"), { method: "post", body }).catch(() => null);
    if (!answer?.ok) submit(form);
  });
});

// The palette: what one may reach, as a combobox

onClick("a[data-palette]", openPalette);

function openPalette() {
  const shown = one(".palette");
  if (shown) return shown.close();
  const input = make("input", { type: "search", role: "combobox", ariaLabel: "Search", ariaExpanded: "false" });
  input.autocomplete = "off";
  input.placeholder = "Search or go to…";
  const results = make("div", { id: "palette-results", ariaLabel: "Results" });
  const dialog = make("dialog", { className: "palette", ariaLabel: "Search" }, input, results);
  input.setAttribute("aria-controls", results.id);
  let options = [];
  let at = 0;
  let stale = true;

  const highlight = (index) => {
    at = (index + options.length) % options.length;
    options.forEach((option, place) => { option.ariaSelected = place === at; });
    input.setAttribute("aria-activedescendant", options[at]?.id ?? "");
    options[at]?.scrollIntoView({ block: "nearest" });
  };
  const load = async () => {
    clearTimeout(timers.palette);
    const address = new URL(one("a[data-palette]").href);
    address.searchParams.set("q", input.value);
    const found = await fetchPart("palette", address, "[data-results]", () => location.assign(address));
    if (!found) return;
    results.replaceChildren(...found.childNodes);
    options = listOptions(results);
    input.ariaExpanded = options.length > 0;
    announce(`${options.length || "No"} result${options.length === 1 ? "" : "s"}`);
    highlight(0);
    stale = false;
  };
  const follow = async ({ ctrlKey, metaKey }) => {
    // What fewer letters found is not what is meant.
    if (stale) await load();
    if (stale || !options.length) return;
    if (ctrlKey || metaKey) open(options[at].href, "_blank", "noopener");
    else options[at].click();
  };
  const keys = {
    ArrowDown: () => highlight(at + 1),
    ArrowUp: () => highlight(at - 1),
    Home: () => highlight(0),
    End: () => highlight(-1),
    Escape: () => dialog.close(),
    Enter: follow,
  };
  input.onkeydown = (event) => {
    if (isComposing(event) || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key](event);
  };
  input.oninput = () => {
    stale = true;
    soon("palette", 120, load);
  };
  show(dialog);
  load();
}

// Links under headings become options in groups.
function listOptions(results) {
  const options = all("a[data-result]", results);
  results.role = options.length ? "listbox" : null;
  for (const element of all("ul, li", results)) element.role = "none";
  all(":scope > * > :is(h2, h3)", results).forEach((heading, place) => {
    Object.assign(heading, { id: `group-${place}`, role: "presentation" });
    heading.parentElement.role = "group";
    heading.parentElement.setAttribute("aria-labelledby", heading.id);
  });
  options.forEach((option, place) => {
    Object.assign(option, { id: `option-${place}`, role: "option", tabIndex: -1 });
  });
  return options;
}

// Keys

// Safari tells of the Enter that ends a composition by its code alone.
const isComposing = (event) => event.isComposing || event.keyCode === 229;

on("keydown", (event) => {
  if (isComposing(event) || event.altKey || event.repeat) return;
  const act = event.ctrlKey || event.metaKey ? chord(event.key) : single(event);
  if (!act) return;
  event.preventDefault();
  act();
});

const chord = (key) => key === "k" && one("a[data-palette]") && openPalette;

// These can be turned off (WCAG 2.1.4).
let before = { key: "", time: 0 };
function single({ key, target, timeStamp: time }) {
  const isField = target.isContentEditable || target.matches("input, select, textarea");
  if (isField || one("dialog[open]") || root.dataset.keys === "off") return null;
  const pair = time - before.time < 1000 ? `${before.key} ${key}` : key;
  before = { key, time };
  const link = all("[data-keys]").find(({ dataset: { keys } }) => keys === pair || keys === key);
  return link ? () => link.click() : { "/": search, "?": listKeys }[key];
}

function search() {
  const field = all("[data-search]").find((field) => field.checkVisibility());
  field ? field.focus() : one("a[data-palette]")?.click();
}

function listKeys() {
  const keys = new Map([["/", "Search"], ["?", "Show these keys"], ["Ctrl+K", "Go anywhere"]]);
  for (const link of all("[data-keys]")) keys.set(link.dataset.keys, link.ariaLabel ?? link.textContent.trim());
  const terms = [...keys].flatMap(([keys, label]) => {
    const caps = keys.split(/[ +]/).map((key) => make("kbd", {}, key));
    return [make("dt", {}, label), make("dd", {}, ...caps)];
  });
  const title = make("h2", { id: "dialog-title" }, "Keyboard shortcuts");
  const close = make("form", { method: "dialog" }, make("button", { className: "button" }, "Close"));
  show(make("dialog", { className: "dialog" }, title, make("dl", { className: "keys" }, ...terms), close));
}
