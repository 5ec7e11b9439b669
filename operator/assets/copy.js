// Copies a text. On plain http from another host than this one browsers have no navigator.clipboard; the old way works
// there, and where that does not either, the text is at least selected.

/** Selects the text of an element and copies it; whether that worked. */
export async function copy(element) {
  const range = document.createRange();
  range.selectNodeContents(element);
  const selection = window.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
  try {
    await navigator.clipboard.writeText(element.textContent);
    return true;
  } catch {
    // There is none, or the viewer does not allow it.
    return document.execCommand("copy");
  }
}
