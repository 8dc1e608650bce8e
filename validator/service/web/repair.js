// Secrets put right in the browser that holds them. The service tells which parts of the text stay; it never sends a secret back.

/** What a repair makes of the text it was told for: decoded, cut, encoded, in this order. */
export function repaired({ decode, parts, encode }, text) {
  const given = decode ? atob(text.replace(/\s+/g, "")) : text;
  const made = parts.map((part) => (typeof part === "string" ? part : given.slice(part[0], part[1]))).join("");
  return encode ? btoa(made) : made;
}

/** A file's content as base64 in one line. */
export async function encoded(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
