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

/** Whether most of what is not ASCII is not UTF-8 either, and all of it can be Windows-1252. */
function canBeWindows1252(bytes) {
  if (bytes.some((byte) => UNDEFINED_IN_WINDOWS_1252.has(byte))) return false;
  const text = new TextDecoder("utf-8").decode(bytes);
  const others = text.match(/[^\0-\x7f\ufffd]/gu)?.length ?? 0;
  const accents = text.match(/\ufffd/g)?.length ?? 0;
  return others < accents && accents <= MOST_ACCENTS * text.length;
}
