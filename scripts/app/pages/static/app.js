// Theme button, menus, forms that apply at once, uploads. Pages work without it, but for the theme.
// Listeners are on the document, so that they hold for what htmx puts into the page later.
"use strict";
(() => {
  const root = document.documentElement;
  const themes = ["system", "light", "dark"];

  function show() {
    const button = document.getElementById("theme");
    if (!button) return; // a page that says why something was refused has none
    const theme = root.dataset.theme ?? "system";
    button.hidden = false;
    button.querySelector("b").textContent = theme;
    button.setAttribute("aria-label", `Theme: ${theme}`);
  }

  function change() {
    const next = themes[(themes.indexOf(root.dataset.theme ?? "system") + 1) % themes.length];
    if (next === "system") delete root.dataset.theme;
    else root.dataset.theme = next;
    try {
      if (next === "system") localStorage.removeItem("theme");
      else localStorage.setItem("theme", next);
    } catch { /* not kept */ }
    show();
    document.dispatchEvent(new Event("themechange"));
  }

  function list(area) {
    const files = [...area.querySelector("input[type=file]").files];
    area.querySelector("output").textContent = files.map((file) => file.name).join(", ");
  }

  const areaOf = (event) => event.target.closest?.(".drop");

  document.addEventListener("click", (event) => {
    if (event.target.closest("#theme")) change();
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
  document.addEventListener("change", (event) => {
    if (event.target.matches(".drop input[type=file]")) list(areaOf(event));
    if (event.target.matches("form[data-auto] select")) event.target.form.requestSubmit();
  });

  // Files that are dropped on an upload area become those of its input.
  document.addEventListener("dragover", (event) => {
    const area = areaOf(event);
    if (!area) return;
    event.preventDefault();
    area.classList.add("over");
  });
  document.addEventListener("dragleave", (event) => areaOf(event)?.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    const area = areaOf(event);
    if (!area) return;
    event.preventDefault();
    area.classList.remove("over");
    area.querySelector("input[type=file]").files = event.dataTransfer.files;
    list(area);
  });
  document.addEventListener("htmx:xhr:progress", (event) => {
    const bar = event.target.querySelector?.("progress.upload");
    if (!bar || !event.detail.lengthComputable) return;
    bar.hidden = false;
    bar.max = event.detail.total;
    bar.value = event.detail.loaded;
  });
  // A refusal that is a whole page is shown, whatever its status.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target === document.body && event.detail.serverResponse) event.detail.shouldSwap = true;
  });
  document.addEventListener("htmx:sendError", (event) => {
    const output = event.target.querySelector?.("output");
    if (output) output.textContent = "The server did not answer. Check that it runs, then try again.";
  });
  // On a phone the names of the pages scroll sideways: the current one is brought into view.
  function reveal() {
    const current = document.querySelector("nav.pages a[aria-current]");
    const strip = current?.closest("nav");
    if (strip && strip.scrollWidth > strip.clientWidth)
      strip.scrollLeft = current.offsetLeft - (strip.clientWidth - current.offsetWidth) / 2;
  }

  document.addEventListener("htmx:load", show);
  show();
  reveal();
})();
