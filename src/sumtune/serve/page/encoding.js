// Decode text files with the same rules as `sumtune summarize`.

const BYTE_ORDER_MARKS = [
  [[0xff, 0xfe], "utf-16le"],
  [[0xfe, 0xff], "utf-16be"],
];
const UNDEFINED_IN_WINDOWS_1252 = new Set([0x81, 0x8d, 0x8f, 0x90, 0x9d]);
/** Share of non-ASCII characters that no text in a Western European language exceeds. */
const MAX_ACCENTS = 0.3;

/** Returns the text, and whether its encoding was guessed. Throws a TypeError if the bytes are not text. */
export function decode(bytes) {
  const [, encoding] = BYTE_ORDER_MARKS.find(([mark]) => mark.every((byte, index) => bytes[index] === byte)) ?? [];
  if (encoding) return { text: decodeStrictly(encoding, bytes), guessed: false };
  try {
    return { text: decodeStrictly("utf-8", bytes), guessed: false };
  } catch (error) {
    if (!canBeWindows1252(bytes)) throw error;
    return { text: decodeStrictly("windows-1252", bytes), guessed: true };
  }
}

function decodeStrictly(encoding, bytes) {
  return new TextDecoder(encoding, { fatal: true }).decode(bytes);
}

/** Returns whether the bytes can be Windows-1252 and most non-ASCII bytes are not UTF-8. */
function canBeWindows1252(bytes) {
  if (bytes.some((byte) => UNDEFINED_IN_WINDOWS_1252.has(byte))) return false;
  const text = new TextDecoder("utf-8").decode(bytes);
  const others = text.match(/[^\0-\x7f\ufffd]/gu)?.length ?? 0;
  const accents = text.match(/\ufffd/g)?.length ?? 0;
  return others < accents && accents <= MAX_ACCENTS * text.length;
}
