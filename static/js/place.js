/* The position of this phone, asked for when its button is pressed and never before. It goes to the server once, rounded
   to some hundred metres, in the body of a form, and comes back as a commune to confirm. */
"use strict";

for (const form of document.querySelectorAll("[data-locate]")) {
  if (!navigator.geolocation) {
    form.remove();
    continue;
  }
  form.hidden = false;
  const button = form.querySelector("button");
  const refused = form.querySelector("[data-refused]");
  const send = ({ coords }) => {
    form.elements.latitude.value = coords.latitude.toFixed(3);
    form.elements.longitude.value = coords.longitude.toFixed(3);
    form.submit();
  };
  const refuse = () => {
    button.disabled = false;
    refused.hidden = false;
  };
  button.addEventListener("click", () => {
    button.disabled = true;
    refused.hidden = true;
    navigator.geolocation.getCurrentPosition(send, refuse, { timeout: 15000, maximumAge: 60000 });
  });
}
