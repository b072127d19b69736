/* The preview follows the choices as they are made; without this, "Show" sends the form. */
"use strict";

for (const form of document.querySelectorAll("[data-preview]")) {
  const target = document.getElementById(form.dataset.shows);
  let waiting = 0;
  let latest = 0;
  const renew = async () => {
    const asked = ++latest;
    const values = new URLSearchParams(new FormData(form));
    // What guards the form belongs in no address.
    for (const name of ["csrf_token", "idempotency_key"]) values.delete(name);
    target.parentElement.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(`${form.dataset.preview}?${values}`, { headers: { Accept: "text/html" } });
      // Answers may overtake one another: only the last question counts.
      if (answer.ok && asked === latest) {
        const wasOpen = target.querySelector("details[open]") !== null;
        target.innerHTML = await answer.text();
        const details = target.querySelector("details");
        if (details) details.open = wasOpen;
        history.replaceState(null, "", `${location.pathname}?${values}`);
      }
    } catch {
      // No network: the last preview stays, and the button still sends the form.
    } finally {
      if (asked === latest) target.parentElement.removeAttribute("aria-busy");
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(renew, 250);
  });
}
