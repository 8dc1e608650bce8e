// Elements, and what is done with a text: copied, saved. Everything that comes from outside is set as text, never as markup.

export const at = (id) => document.getElementById(id);

// As in core/terminal_text.py: what is not seen, or reorders what is read.
const UNSEEN = /[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}\ud800-\udfff]/gu;

/** A text from outside, with what nobody would see in it spelled out. */
export const visible = (text) => text.replace(UNSEEN, (each) => {
  const number = each.codePointAt(0);
  const [letter, length] = number < 0x100 ? ["x", 2] : number < 0x10000 ? ["u", 4] : ["U", 8];
  return `\\${letter}${number.toString(16).padStart(length, "0")}`;
});

export const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined).map((child) => (typeof child === "string" ? visible(child) : child)));
  return element;
};

/** A button that copies; where a browser refuses, `shown` is selected instead. */
export function copier(label, what, text, shown) {
  const button = make("button", { type: "button", class: "small" }, label, make("span", { class: "visually-hidden" }, what ? `: ${what}` : ""));
  button.addEventListener("click", async () => {
    let said = "Copied";
    try {
      await navigator.clipboard.writeText(text());
    } catch { // without https a browser may refuse
      said = "Selected: press Ctrl-C";
      const place = shown();
      for (let each = place; each; each = each.parentElement) if (each.tagName === "DETAILS") each.open = true;
      getSelection().selectAllChildren(place);
    }
    button.firstChild.textContent = said;
    at("busy").textContent = said;
    setTimeout(() => { button.firstChild.textContent = label; at("busy").textContent = ""; }, 2000);
  });
  return button;
}

export function save(name, text, type) {
  const link = make("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** A text that can be copied as it stands, and saved where it has a file's name. */
export function block(text, what, file) {
  const body = make("pre", { tabindex: "0" }, text);
  const buttons = make("span", { class: "block-buttons" }, copier("Copy", what, () => text, () => body));
  if (file) {
    const button = make("button", { type: "button", class: "small" }, `Save ${file}`);
    button.addEventListener("click", () => save(file, text.endsWith("\n") ? text : `${text}\n`, "application/json"));
    buttons.append(button);
  }
  return make("div", { class: "block" }, make("div", { class: "block-head" }, make("span", {}, what), buttons), body);
}

export const sentence = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

export function trouble(error) {
  const lines = (error.errors || []).map((line) => make("p", {}, line));
  return make("div", { class: "finding error" }, make("div", { class: "head" }, make("span", { class: "badge" }, lines.length ? "cannot be read" : "not possible")), ...(lines.length ? lines : [make("p", {}, error.message)]));
}
