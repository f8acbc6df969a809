// Draws every <div class="chart" data-spec="URL"> from the Vega-Lite specification at its address.
// "var(--name)" anywhere in a specification becomes that colour of the stylesheet, so charts follow
// the theme; expressions are interpreted, never compiled, so that the page needs no eval.
"use strict";
(() => {
  const here = document.currentScript.src;
  const files = ["vega", "vega-lite", "vega-embed"];
  const seen = new Map(); // element -> its specification
  let library;

  function script(name) {
    return new Promise((resolve, reject) => {
      const node = document.createElement("script");
      node.src = new URL(`vendor/${name}.min.js`, here).href;
      node.addEventListener("load", resolve);
      node.addEventListener("error", () => reject(new Error(`${name} could not be loaded`)));
      document.head.append(node);
    });
  }

  function loaded() {
    library ??= files.reduce((before, name) => before.then(() => script(name)), Promise.resolve());
    return library;
  }

  function palette() {
    const probe = document.createElement("span");
    document.body.append(probe);
    const found = new Map();
    const colour = (name) => {
      if (!found.has(name)) {
        probe.style.color = `var(${name})`;
        found.set(name, getComputedStyle(probe).color);
      }
      return found.get(name);
    };
    return { colour, end: () => probe.remove() };
  }

  function coloured(value, colour) {
    if (typeof value === "string") {
      const match = /^var\((--[\w-]+)\)$/.exec(value);
      return match ? colour(match[1]) : value;
    }
    if (Array.isArray(value)) return value.map((item) => coloured(item, colour));
    if (value && typeof value === "object")
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, coloured(item, colour)]));
    return value;
  }

  function config(colour, width) {
    const [ink, soft, line, strong] = ["--ink", "--soft", "--line", "--strong-line"].map(colour);
    const font = getComputedStyle(document.body).fontFamily;
    const words = { labelColor: soft, titleColor: soft, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" };
    return {
      background: "transparent", font, view: { stroke: null },
      axis: { ...words, gridColor: line, domainColor: strong, tickColor: strong, labelOverlap: true, labelLimit: width < 480 ? 150 : 200 },
      axisX: { grid: false }, axisY: { domain: false, ticks: false, tickCount: 5 },
      legend: { ...words, orient: "top", title: null, symbolSize: 120, columns: Math.max(1, Math.floor((width - 80) / 190)), labelLimit: 170 },
      header: { ...words, labelFontWeight: 600, labelColor: ink, labelLimit: 260 },
      title: { color: ink, fontSize: 13, anchor: "start" }, text: { color: ink, fontSize: 12 },
      range: { category: Array.from({ length: 8 }, (_, i) => colour(`--s${i}`)) },
      line: { strokeWidth: 2 }, rule: { color: ink }, point: { color: ink },
    };
  }

  async function draw(element) {
    try {
      if (!seen.has(element)) {
        const answer = await fetch(element.dataset.spec, { headers: { Accept: "application/json" }, credentials: "same-origin" });
        if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
        seen.set(element, await answer.json());
      }
      await loaded();
      const { colour, end } = palette();
      const spec = coloured(seen.get(element), colour);
      const own = config(colour, element.clientWidth);
      end();
      const sign = spec.usermeta?.currency ?? "$";
      await window.vegaEmbed(element, { width: "container", autosize: { type: "fit-x", contains: "padding" }, ...spec }, {
        ast: true, actions: false, renderer: "svg", defaultStyle: false, config: own,
        tooltip: { disableDefaultStyle: true },
        formatLocale: { decimal: ".", thousands: ",", grouping: [3], currency: [sign, ""] },
      });
      element.dataset.drawn = "yes";
    } catch (error) {
      element.dataset.drawn = "no";
      element.replaceChildren(Object.assign(document.createElement("p"), {
        className: "note", textContent: `The chart could not be drawn: ${error.message}. Its table has the numbers.`,
      }));
    }
  }

  const waiting = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      waiting.unobserve(target);
      draw(target);
    }
  }, { rootMargin: "400px" });

  function watch(root) {
    for (const element of root.querySelectorAll(".chart[data-spec]:not([data-watched])")) {
      element.dataset.watched = "yes";
      waiting.observe(element);
    }
  }

  function again() {
    for (const element of seen.keys()) {
      if (element.isConnected) draw(element);
      else seen.delete(element);
    }
  }

  watch(document);
  document.addEventListener("htmx:load", (event) => watch(event.target.parentElement ?? document));
  document.addEventListener("themechange", again);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  window.addEventListener("beforeprint", () => document.querySelectorAll(".chart[data-spec]").forEach((e) => seen.has(e) || draw(e)));
})();
