// The clients, the worst first, and how many are not there.

import { count, setText } from "./format.js";
import { isNumber, judge } from "./objectives.js";
import { worstFirst } from "./rank.js";
import { clientTable } from "./row.js";

// How often all rows are fetched where events have the worst ones only.
const ALL_ROWS_MILLISECONDS = 5000;

export class Clients {
  // The elements: the table, words for no client and for rows that are folded away, and the button for all rows.
  constructor({ table, none, omitted, showAll }) {
    Object.assign(this, { none, omitted, showAll });
    this.element = table;
    this.table = clientTable(table);
    this.fetching = null;
    this.objectives = [];
    showAll.addEventListener("click", () => (this.fetching === null ? this.startFetching() : this.stopFetching()));
  }

  // `judged` are the rows of the update.
  show({ summary, rows }, objectives, judged) {
    this.objectives = objectives;
    const isCut = rows > judged.length;
    if (!isCut) this.stopFetching();
    if (this.fetching === null) this.fill(judged);
    this.none.hidden = rows > 0;
    setText(this.omitted, summary.rowsOmitted > 0 ? `and ${count(summary.rowsOmitted)} more, in the totals` : "");
    this.showAll.hidden = !isCut;
    const offer = this.fetching === null ? `Show all ${rows} clients` : `Show the worst ${judged.length} only`;
    setText(this.showAll, offer);
  }

  fill(judged) {
    // Most servers took over from none.
    const isRecovered = judged.some(({ row }) => isNumber(row.recoveryMilliseconds));
    this.element.classList.toggle("without-recovery", !isRecovered);
    this.table.show(worstFirst(judged));
  }

  startFetching() {
    this.showAll.setAttribute("aria-pressed", "true");
    const fetchAll = async () => {
      try {
        const summary = await (await fetch("status")).json();
        if (this.fetching !== null) this.fill(judge(summary, this.objectives));
      } catch {
        // That the server does not answer is shown already.
      }
    };
    this.fetching = setInterval(fetchAll, ALL_ROWS_MILLISECONDS);
    fetchAll();
  }

  stopFetching() {
    clearInterval(this.fetching);
    this.fetching = null;
    this.showAll.setAttribute("aria-pressed", "false");
  }
}
