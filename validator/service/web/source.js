// Sources: which format a text is in, and how a JSON Patch is applied to one.

const TOML = /^(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*(?:\[\[?[A-Za-z_][\w.-]*\]\]?[ \t]*(?:#[^\n]*)?(?:\n|$)|[\w."-]+[ \t]*=)/;

/** A text as it would be submitted: with its media type, and the document itself where it is JSON. */
export function read(text) {
  if (TOML.test(text)) return { text, kind: "application/toml", document: null };
  if (!/^\s*[[{]/.test(text)) return { text, kind: "application/yaml", document: null };
  let document_ = null;
  try { document_ = JSON.parse(text); } catch { /* the service says what is wrong, and where */ }
  return { text, kind: "application/json", document: document_ };
}

const own = (place, step) => place !== null && typeof place === "object" && Object.hasOwn(place, step);

const parts = (path) => path.split("/").slice(1).map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));

/** The destination at `base`, and the steps to a place in it: in an order the parameters stand under the type's name. */
function within(document_, base, path) {
  let root = document_;
  for (const step of parts(base)) {
    if (!own(root, step)) return null;
    root = root[step];
  }
  const steps = parts(path);
  if (own(root, "parameters") || own(root, "type")) return [root, steps];
  return steps[0] === "parameters" ? [root, steps.slice(1)] : null;
}

/** The value at a pointer into the destination at `base`. Throws where there is none. */
export function valueAt(document_, base, path) {
  const [root, steps] = within(document_, base, path);
  return steps.reduce((place, step) => {
    if (!own(place, step)) throw new Error(path);
    return place[step];
  }, root);
}

/** One operation of an RFC 6902 patch of the destination at `base`; false if it cannot be made. */
export function apply(document_, base, operation) {
  const walk = (path) => {
    const found = within(document_, base, path);
    if (found === null) return null;
    let [place, steps] = found;
    const last = steps.at(-1);
    for (const step of steps.slice(0, -1)) {
      if (!own(place, step)) return null;
      place = place[step];
    }
    return last === undefined || last === "__proto__" || place === null || typeof place !== "object" || Array.isArray(place) ? null : [place, last];
  };
  const to = walk(operation.path);
  if (to === null) return false;
  const [place, name] = to;
  if (operation.op === "remove") return own(place, name) && delete place[name];
  if (operation.op === "move" || operation.op === "copy") {
    const from = walk(operation.from);
    if (from === null || !own(...from)) return false;
    place[name] = from[0][from[1]];
    if (operation.op === "move") delete from[0][from[1]];
    return true;
  }
  place[name] = operation.value;
  return true;
}
