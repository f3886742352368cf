/** Rows of cells as lines of text, each column as wide as it must be; the first one holds titles. */
export function grid(rows: readonly (readonly string[])[]): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map(([title = '', ...cells]) =>
    [
      `  ${title.padEnd(widths[0] ?? 0)}`,
      ...cells.map((cell, index) => cell.padStart(widths[index + 1] ?? 0)),
    ].join('  '),
  );
}
