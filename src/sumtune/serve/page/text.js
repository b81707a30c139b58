// Bytes of a file as text, read as `sumtune summarize` reads them.

const BYTE_ORDER_MARKS = [
  [[0xff, 0xfe], "utf-16le"],
  [[0xfe, 0xff], "utf-16be"],
];
const UNDEFINED_IN_WINDOWS_1252 = new Set([0x81, 0x8d, 0x8f, 0x90, 0x9d]);
/** Share of characters beyond ASCII that no text in a Western European language reaches. */
const MOST_ACCENTS = 0.3;

/** The text, and whether its encoding was guessed. Throws a TypeError where the bytes are no text. */
export function decode(bytes) {
  const [, marked] = BYTE_ORDER_MARKS.find(([mark]) => mark.every((byte, place) => bytes[place] === byte)) ?? [];
  if (marked) return { text: strict(marked, bytes), guessed: false };
  try {
    return { text: strict("utf-8", bytes), guessed: false };
  } catch (error) {
    if (!canBeWindows1252(bytes)) throw error;
    return { text: strict("windows-1252", bytes), guessed: true };
  }
}

function strict(encoding, bytes) {
  return new TextDecoder(encoding, { fatal: true }).decode(bytes);
}

/** Whether no byte is UTF-8 beyond ASCII, and all together can be Windows-1252. */
function canBeWindows1252(bytes) {
  if (/[^\0-\x7f\ufffd]/.test(new TextDecoder("utf-8").decode(bytes))) return false;
  const accents = bytes.filter((byte) => byte > 0x7f);
  return accents.length <= MOST_ACCENTS * bytes.length && !accents.some((byte) => UNDEFINED_IN_WINDOWS_1252.has(byte));
}
