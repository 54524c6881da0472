// The page's own script: draws the charts of the language that is shown, and joins the
// controls, the map and the panels of the sites. Vega-Embed stands before it.
const read = (id) => JSON.parse(document.getElementById(id).textContent);
const charts = read("charts");
const shared = read("shared");
const drawn = new Map();
const options = { renderer: "svg", actions: false, tooltip: { theme: "light" } };

function withData(specification) {
  const wanted = JSON.stringify(specification);
  const datasets = { ...specification.datasets };
  for (const [name, values] of Object.entries(shared)) {
    if (wanted.includes(`"name":"${name}"`)) datasets[name] = values;
  }
  return { ...specification, datasets };
}

function fitted(specification, width) {
  if (width > 500) return specification;
  const config = { ...specification.config };
  config.axisY = { ...config.axisY, labelLimit: 96 };
  config.legend = { ...config.legend, columns: 2, labelLimit: 120 };
  return { ...specification, config };
}

async function drawCharts(page) {
  const language = page.dataset.language;
  if (drawn.has(language)) return;
  drawn.set(language, null);
  await document.fonts.load('12px "Eastwest Sans SC"', "Aa电");
  for (const place of page.querySelectorAll("[data-chart]")) {
    const specification = charts[language][place.dataset.chart];
    await vegaEmbed(place, fitted(specification, place.clientWidth), options);
  }
  const block = page.querySelector("[data-map]");
  if (block) await drawMap(block, language);
  page.dataset.ready = "yes";
}

async function drawMap(block, language) {
  const place = block.querySelector(".map-plot");
  const ratio = Number(block.dataset.ratio);
  const size = () => {
    const width = Math.floor(place.parentElement.clientWidth) - 4;
    return { width, height: Math.round(width * ratio) };
  };
  const map = (await vegaEmbed(place, { ...withData(charts[language].map), ...size() }, options))
    .view;
  let hours = null;
  const controls = new Map();
  for (const select of block.querySelectorAll("select")) controls.set(select.dataset.signal, select);
  const known = JSON.parse(block.dataset.views);
  const chosen = (name, otherwise) => (controls.has(name) ? controls.get(name).value : otherwise);

  const view = () => {
    const run = chosen("run", known[0].run);
    const ofRun = known.filter((item) => item.run === run);
    const year = chosen("year", ofRun[ofRun.length - 1].year);
    const years = new Set(ofRun.map((item) => item.year));
    if (controls.has("year")) {
      for (const option of controls.get("year").options) option.disabled = !years.has(option.value);
    }
    const found = ofRun.find((item) => item.year === year) || ofRun[ofRun.length - 1];
    if (controls.has("year")) controls.get("year").value = found.year;
    return found.name;
  };

  const update = async () => {
    const shown = view();
    const picked = chosen("picked", "");
    map.signal("view", shown).signal("picked", picked).signal("layer", chosen("layer", "price"));
    map.signal("flows_shown", chosen("flows_shown", "yes"));
    for (const legend of block.querySelectorAll("[data-layer]")) {
      legend.hidden = legend.dataset.layer !== chosen("layer", "price");
    }
    let found = false;
    for (const panel of block.querySelectorAll(".panel")) {
      panel.hidden = panel.dataset.site !== picked || panel.dataset.view !== shown;
      found = found || !panel.hidden;
    }
    block.querySelector(".hint").hidden = found;
    block.querySelector(".hours").hidden = !found;
    await map.runAsync();
    if (!found) return;
    if (!hours) {
      const specification = withData(charts[language].hours);
      const set = { view: shown, picked };
      for (const item of specification.params) {
        if (item.name in set) item.value = set[item.name];
      }
      hours = (await vegaEmbed(block.querySelector(".hours-plot"), specification, options)).view;
    } else {
      await hours.signal("view", shown).signal("picked", picked).resize().runAsync();
    }
  };

  for (const select of controls.values()) select.addEventListener("change", update);
  map.addEventListener("click", (_event, item) => {
    const site = item && item.datum && item.datum.properties && item.datum.properties.site;
    if (!site || !controls.has("picked") || item.mark.name.startsWith("flows")) return;
    controls.get("picked").value = site;
    update();
  });
  new ResizeObserver(() => {
    const wanted = size();
    if (wanted.width && Math.abs(map.width() - wanted.width) > 4) {
      map.width(wanted.width).height(wanted.height).runAsync();
    }
  }).observe(place.parentElement);
  drawn.set(language, map);
  await update();
}

function show(language) {
  for (const page of document.querySelectorAll(".page")) {
    page.hidden = page.dataset.language !== language;
    if (!page.hidden) {
      document.documentElement.lang = language;
      document.title = page.querySelector("h1").textContent;
      drawCharts(page);
    }
  }
}

// Paper shows every table whole.
let folded = [];
window.addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  for (const details of folded) details.open = true;
});
window.addEventListener("afterprint", () => {
  for (const details of folded) details.open = false;
});

for (const button of document.querySelectorAll("[data-switch]")) {
  button.addEventListener("click", () => show(button.dataset.switch));
}
window.eastwestMaps = drawn;
show(document.querySelector(".page").dataset.language);
