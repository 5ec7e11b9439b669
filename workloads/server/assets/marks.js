// Cells and values that break what is asked of them are marked, not by colour alone.

import { setText } from "./format.js";
import { limitWords } from "./objectives.js";

// Shows the sign in the element `mark` where there is a breach, and nothing where there is none.
export function showMark(mark, breach) {
  setText(mark, breach ? "✕" : "");
  mark.className = "mark";
  if (!breach) {
    mark.removeAttribute("role");
    mark.removeAttribute("aria-label");
    mark.removeAttribute("title");
    return;
  }
  const words = `breach: ${limitWords(breach)} asked for`;
  mark.setAttribute("role", "img");
  mark.setAttribute("aria-label", words);
  mark.title = words;
}

export function span(className) {
  return Object.assign(document.createElement("span"), { className });
}
