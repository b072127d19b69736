/* The choice of a commune, made quicker: type part of its name and tap it, or change the province without sending
   the form. Without this file the form asks the server by its own button. */
"use strict";

for (const box of document.querySelectorAll("[data-communes]")) {
  const address = box.dataset.communes;
  const province = box.querySelector("[name=province_code]");
  const commune = box.querySelector("[name=commune_code]");
  const search = box.querySelector("[data-communes-search]");
  const typed = search.querySelector("input");
  const found = search.querySelector("[data-communes-found]");
  let asked = 0;
  let timer = 0;

  const ask = async (parameters) => {
    const answer = await fetch(`${address}?${new URLSearchParams(parameters)}`, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return (await answer.json()).communes;
  };

  const fill = async (provinceCode, communeCode) => {
    const list = await ask({ province: provinceCode });
    commune.replaceChildren(commune.options[0], ...list.map((each) => new Option(each.name, each.code)));
    commune.value = communeCode;
  };

  const choose = async (each) => {
    if (province.value !== each.province_code || !commune.querySelector(`option[value="${each.code}"]`)) {
      await fill(each.province_code, each.code);
      province.value = each.province_code;
    }
    commune.value = each.code;
    typed.value = each.full_name;
    found.replaceChildren();
  };

  const show = (list) => {
    const buttons = list.slice(0, 6).map((each) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "choice";
      button.textContent = each.full_name;
      button.addEventListener("click", () => choose(each).catch(giveUp));
      return button;
    });
    if (!buttons.length) {
      const none = document.createElement("p");
      none.className = "hint";
      none.textContent = box.dataset.none;
      buttons.push(none);
    }
    found.replaceChildren(...buttons);
  };

  // No network: back to what works without this file.
  const giveUp = () => {
    search.hidden = true;
    box.querySelector("[data-communes-button]").hidden = false;
  };

  typed.addEventListener("input", () => {
    clearTimeout(timer);
    const text = typed.value.trim();
    const mine = ++asked;
    if (!text) return found.replaceChildren();
    timer = setTimeout(async () => {
      try {
        const list = await ask({ q: text });
        // An older, slower answer must not replace a newer one.
        if (mine === asked) show(list);
      } catch {
        giveUp();
      }
    }, 200);
  });
  // Return here looks for the name; it must not send the form.
  typed.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
  province.addEventListener("change", () => fill(province.value, "").catch(giveUp));

  search.hidden = false;
  box.querySelector("[data-communes-button]").hidden = true;
}
