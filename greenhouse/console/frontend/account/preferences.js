// The theme changes at once and is remembered by the server; the language keeps the page it is on.

export function wirePreferences() {
  for (const form of document.querySelectorAll("form[data-theme-form]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const body = new FormData(form, event.submitter);
      const theme = event.submitter.value;
      document.documentElement.dataset.theme = theme;
      for (const button of document.querySelectorAll("form[data-theme-form] [name=theme]")) {
        if (button.hasAttribute("aria-pressed")) button.setAttribute("aria-pressed", String(button.value === theme));
      }
      const quick = document.querySelector("[data-theme-toggle]");
      if (quick) quick.value = theme === "sun" ? "light" : "sun";
      fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => {});
    });
  }
  for (const form of document.querySelectorAll("form[data-gloves-form]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const body = new FormData(form, event.submitter);
      document.documentElement.toggleAttribute("data-gloves", event.submitter.value === "on");
      for (const button of form.querySelectorAll("[name=gloves]")) {
        button.setAttribute("aria-pressed", String(button === event.submitter));
      }
      fetch(form.action, { method: "POST", body, redirect: "manual" }).catch(() => {});
    });
  }
  for (const form of document.querySelectorAll("form[data-language-form]")) {
    form.addEventListener("submit", () => {
      const kept = new URLSearchParams(location.search);
      kept.delete("lang"); // an address may name a language; the one just chosen is meant
      form.elements.next.value = [location.pathname, kept.toString()].filter(Boolean).join("?");
    });
  }
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}
