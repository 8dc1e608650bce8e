// The form: made from the providers' declarations, with what is wrong beside each field, and the source that it comes to.

import { at, make, visible } from "/dom.js";
import { encoded, repaired } from "/repair.js";
import { read } from "/source.js";

const LARGEST_FILE = 64 * 1024; // no key file is nearly as large

export const pasting = () => document.querySelector("input[name=way]:checked").value === "paste";
const inputs = () => [...at("fields").querySelectorAll("input[name]")];
const isText = (input) => input.type !== "checkbox";

/** The fields of a type. */
export function showFields(type) {
  at("fields").replaceChildren(...type.parameters.map((parameter) => field(parameter, "p-")));
  at("form-said").textContent = "";
}

export function field(parameter, prefix) {
  const id = `${prefix}${parameter.name}`;
  const help = make("p", { class: "help", id: `${id}-help` }, parameter.help, parameter.where ? make("span", { class: "where" }, ` In the console: ${parameter.where}.`) : "");
  const wrong = make("p", { class: "wrong", id: `${id}-wrong` });
  const about = `${id}-wrong ${id}-help`;
  const called = parameter.label === parameter.name ? null : make("code", { class: "optional" }, ` ${parameter.name}`);
  if (parameter.kind === "boolean") {
    const box = make("input", { type: "checkbox", id, name: parameter.name, "aria-describedby": about });
    box.checked = parameter.default === true;
    return make("div", { class: "field check-field" }, make("label", { for: id }, box, make("span", {}, parameter.label, called)), wrong, help);
  }
  const label = make("label", { for: id }, parameter.label, called, parameter.required ? "" : make("span", { class: "optional" }, " optional"));
  const list = parameter.suggestions?.length ? make("datalist", { id: `${id}-list` }, ...parameter.suggestions.map(([value, word]) => make("option", { value, label: word ? `${value}, ${word}` : undefined }))) : null;
  const hidden = parameter.kind === "secret";
  const input = make("input", {
    id, name: parameter.name, type: hidden ? "password" : "text", autocomplete: "off", autocapitalize: "none", spellcheck: "false",
    placeholder: hidden ? undefined : parameter.example, "aria-describedby": about, "aria-required": parameter.required ? "true" : undefined,
    list: list ? list.id : undefined, "data-label": parameter.label,
  });
  const repair = make("div", { id: `${id}-repair`, class: "repair" });
  if (!hidden) return make("div", { class: "field" }, label, input, list, wrong, repair, help);
  const row = make("div", { class: "with-button" }, input, shower(input, parameter.label));
  return make("div", { class: "field" }, label, row, parameter.file ? picker(input, parameter) : null, wrong, repair, help);
}

function shower(input, label) {
  const show = make("button", { type: "button", class: "small", "aria-pressed": "false", "aria-label": `Show ${label}` }, "Show");
  show.addEventListener("click", () => {
    const hidden = input.type === "password";
    input.type = hidden ? "text" : "password";
    show.textContent = hidden ? "Hide" : "Show";
    show.setAttribute("aria-pressed", String(hidden));
  });
  return show;
}

/** Takes a file, and puts its base64 into the field. */
function picker(input, parameter) {
  const id = `${input.id}-file`;
  const said = make("span", { class: "said", role: "status", id: `${id}-said` });
  const chooser = make("input", { type: "file", id, class: "visually-hidden", accept: `${parameter.file},application/json`, "aria-describedby": said.id });
  chooser.addEventListener("change", async () => {
    const [file] = chooser.files;
    chooser.value = ""; // the same file may be chosen once more
    if (!file) return;
    if (file.size > LARGEST_FILE) { said.textContent = `${visible(file.name)} is too large for a key file.`; return; }
    try {
      input.value = await encoded(file);
    } catch { // a folder, or a file that has gone
      said.textContent = `${visible(file.name)} could not be read.`;
      return;
    }
    said.textContent = `${visible(file.name)} was read and encoded in this browser: ${input.value.length.toLocaleString("en")} characters.`;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  return make("p", { class: "pick" }, chooser, make("label", { for: id, class: "button" }, `Choose the ${parameter.file} key file`), " ", said);
}

/** The source as it would be submitted: its text, its media type, and the document itself where it is JSON. */
export function source(type) {
  if (pasting()) return read(at("text").value);
  const parameters = {};
  for (const parameter of type.parameters) {
    const input = at(`p-${parameter.name}`);
    if (parameter.kind === "boolean") {
      if (input.checked !== (parameter.default === true)) parameters[parameter.name] = input.checked;
    } else if (input.value !== "" || parameter.required) {
      parameters[parameter.name] = input.value;
    }
  }
  const name = at("name").value;
  const prefix = at("path_prefix").value;
  const document_ = {
    ...(name ? { name } : {}),
    ...(prefix ? { delivery: { type: type.type, parameters: { ...parameters, path_prefix: prefix } } } : { type: type.type, parameters }),
  };
  return { text: JSON.stringify(document_), kind: "application/json", document: document_ };
}

export function begun() {
  if (pasting()) return at("text").value.trim() !== "";
  return inputs().some((input) => isText(input) && input.value !== "");
}

/** Whether all is there that must be; if not, it is said where it is missing, and the first such place has the focus. */
export function complete(form, fields) {
  const said = at(form);
  const empty = fields.filter((input) => input.value.trim() === "");
  for (const input of empty) {
    input.setAttribute("aria-invalid", "true");
    const line = at(`${input.id}-wrong`);
    line.className = "wrong error";
    line.textContent = `${input.dataset.label} is missing.`;
  }
  said.textContent = empty.length ? `${empty.length === 1 ? "One field is" : `${empty.length} fields are`} empty. Nothing was asked yet.` : "";
  empty[0]?.focus();
  return !empty.length;
}

export function ready() {
  if (!pasting()) return complete("form-said", inputs().filter((input) => input.getAttribute("aria-required") === "true"));
  const empty = at("text").value.trim() === "";
  at("text").toggleAttribute("aria-invalid", empty);
  at("form-said").textContent = empty ? "There is nothing to check: paste a source first." : "";
  if (empty) at("text").focus();
  return !empty;
}

/** Puts what is wrong with a field beside it; returns what belongs to no field. Empty fields are not scolded while one types. */
export function markFields(found) {
  const rest = new Set(found.filter(({ finding }) => finding.name !== "missing-parameter"));
  for (const input of inputs()) {
    const here = found.filter(({ finding }) => finding.pointer === `/parameters/${input.name}`);
    for (const each of here) rest.delete(each);
    const told = isText(input) && input.value === "" ? [] : here;
    if (told.some(({ words }) => words.blocks)) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
    const line = at(`${input.id}-wrong`);
    line.className = `wrong ${told[0]?.finding.severity ?? ""}`;
    line.textContent = visible(told.map(({ finding, words }) => `${words.blocks ? "" : `${words.severity}: `}${finding.detail} ${finding.fix?.summary ?? ""}`).join(" "));
  }
  return [...rest];
}

/** Offers repairs beside their fields: what comes of each is shown, and used only when asked to. */
export function offerRepairs(repairs) {
  for (const place of at("fields").querySelectorAll(".repair")) place.replaceChildren();
  const offered = new Map(); // those of one finding belong together: two credentials that were exchanged
  for (const each of repairs) {
    const [input, origin] = [each.pointer, each.origin].map((pointer) => at(`p-${pointer.replace("/parameters/", "")}`));
    if (!input || !origin) continue;
    try {
      const value = repaired(each, origin.value);
      if (value !== input.value) offered.set(each.finding, [...(offered.get(each.finding) ?? []), [input, value]]);
    } catch { /* the text is another one by now */ }
  }
  const taken = new Set();
  for (const changes of offered.values()) {
    if (changes.some(([input]) => taken.has(input))) continue;
    for (const [input, value] of changes) {
      taken.add(input);
      const use = make("button", { type: "button", class: "small", "aria-label": `Use the repaired ${input.dataset.label}` }, changes.length > 1 ? "Exchange them" : "Use the repaired value");
      use.addEventListener("click", () => {
        for (const [each, text] of changes) each.value = text;
        input.dispatchEvent(new Event("input", { bubbles: true }));
        input.focus();
      });
      at(`${input.id}-repair`).replaceChildren(
        make("p", {}, "This can be repaired, here in this browser. ", use),
        make("details", {}, make("summary", {}, "Show what it becomes"), make("pre", { tabindex: "0" }, value)));
    }
  }
}
