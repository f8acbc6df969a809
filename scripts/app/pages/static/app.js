// Theme button, menus, uploads. Pages work without it, except for the theme.
"use strict";
(() => {
  const root = document.documentElement;
  const themes = ["system", "light", "dark"];
  const button = document.getElementById("theme");

  function show() {
    const theme = root.dataset.theme ?? "system";
    button.querySelector("b").textContent = theme;
    button.setAttribute("aria-label", `Theme: ${theme}`);
  }

  button.hidden = false;
  show();
  button.addEventListener("click", () => {
    const next = themes[(themes.indexOf(root.dataset.theme ?? "system") + 1) % themes.length];
    if (next === "system") delete root.dataset.theme;
    else root.dataset.theme = next;
    try {
      if (next === "system") localStorage.removeItem("theme");
      else localStorage.setItem("theme", next);
    } catch { /* not kept */ }
    show();
    document.dispatchEvent(new Event("themechange"));
  });

  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]"))
      if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  // A select or a date that stands alone in its form applies at once.
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form?.matches("form[data-auto]")) form.requestSubmit();
  });

  // Files dropped on an upload area become those of its input; their names are listed.
  function list(area) {
    const input = area.querySelector("input[type=file]");
    const names = [...input.files].map((file) => file.name);
    area.querySelector("output").textContent = names.length ? names.join(", ") : "";
  }
  for (const area of document.querySelectorAll(".drop")) {
    const input = area.querySelector("input[type=file]");
    input.addEventListener("change", () => list(area));
    area.addEventListener("dragover", (event) => {
      event.preventDefault();
      area.classList.add("over");
    });
    area.addEventListener("dragleave", () => area.classList.remove("over"));
    area.addEventListener("drop", (event) => {
      event.preventDefault();
      area.classList.remove("over");
      input.files = event.dataTransfer.files;
      list(area);
    });
  }
  document.body.addEventListener("htmx:xhr:progress", (event) => {
    const bar = event.target.querySelector?.("progress.upload");
    if (!bar || !event.detail.lengthComputable) return;
    bar.hidden = false;
    bar.max = event.detail.total;
    bar.value = event.detail.loaded;
  });
})();
