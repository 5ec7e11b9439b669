// Tables whose rows are changed in place, so that neither selection nor scrolling is lost.

import { count, setText } from "./format.js";

export class Table {
  // `fill(row, item)` writes an item's cells, `key(item)` names it.
  constructor(table, columns, { key, fill }) {
    this.body = table.tBodies[0];
    this.labels = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
    this.columns = columns;
    this.key = key;
    this.fill = fill;
    this.rows = new Map();
  }

  show(items) {
    const shown = new Set(items.map(this.key));
    for (const [key, row] of this.rows) {
      if (!shown.has(key)) {
        row.remove();
        this.rows.delete(key);
      }
    }
    items.forEach((item, index) => {
      const key = this.key(item);
      if (!this.rows.has(key)) this.rows.set(key, this.create());
      const row = this.rows.get(key);
      if (this.body.rows[index] !== row) this.body.insertBefore(row, this.body.rows[index] ?? null);
      this.fill(row, item);
    });
  }

  create() {
    const row = document.createElement("tr");
    this.columns.forEach((column, index) => {
      const cell = document.createElement(index === 0 ? "th" : "td");
      if (index === 0) cell.scope = "row";
      if (column === "number") cell.className = "number";
      // Where there is no room for a head, each cell says what it is.
      cell.dataset.label = this.labels[index];
      row.append(cell);
    });
    return row;
  }
}

export function errorTable(table) {
  return new Table(table, "text number text text".split(" "), {
    key: (error) => error.code,
    fill(row, error) {
      const last = new Date(error.lastSeen).toLocaleTimeString();
      [error.code, count(error.count), last, error.message].forEach((text, index) => setText(row.cells[index], text));
    },
  });
}
