// Write CSV files that spreadsheets can open.

const FORMULA = /^[=+\-@\t\r]/;

/** Returns a quoted cell. A leading apostrophe stops a spreadsheet from running the text as a formula. */
function cell(value) {
  const text = FORMULA.test(value) ? `'${value}` : value;
  return `"${text.replaceAll('"', '""')}"`;
}

/** Returns `rows`, an array of arrays of strings that starts with the header, as CSV. */
export function csv(rows) {
  return rows.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

/** Offers `text` as a file to save. */
export function download(name, text, type) {
  const byteOrderMark = type.startsWith("text/csv") ? "\ufeff" : "";
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([byteOrderMark, text], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
