// Summaries as a CSV file that spreadsheets open.

const FORMULA = /^[=+\-@\t\r]/;

/** A cell in quotes; what a spreadsheet would run as a formula becomes text. */
function cell(value) {
  const text = FORMULA.test(value) ? `'${value}` : value;
  return `"${text.replaceAll('"', '""')}"`;
}

/** CSV text of `rows`, an array of arrays of strings, the first being the header. */
export function csv(rows) {
  return rows.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

/** Hands `text` to the browser as a file to save. */
export function download(name, text, type) {
  const mark = type.startsWith("text/csv") ? "\ufeff" : "";
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([mark, text], { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
