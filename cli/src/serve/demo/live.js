// Brings what is new without losing what is being written. Without it, "Look again" does the same.
"use strict";
async function look() {
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const now of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(now.id);
    if (!next) continue;
    for (const open of now.querySelectorAll("details[open]")) {
      fresh.getElementById(open.id)?.setAttribute("open", "");
    }
    if (now.isEqualNode(next)) continue;
    const focus = now.contains(document.activeElement) ? document.activeElement.id : "";
    // What is read aloud must stay the same element.
    if (now.hasAttribute("aria-live")) now.textContent = next.textContent;
    else now.replaceWith(document.adoptNode(next));
    if (focus) document.getElementById(focus)?.focus();
  }
}
setInterval(() => document.hidden || look().catch(() => {}), 1500);
