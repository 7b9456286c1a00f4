// The ranking of a perturbation scan: a table that sorts and searches, and what the chosen gene does.

function startScan() {
  if (!page.scan) return;
  const { genes, domains } = page.scan;
  const unpackColumn = (column) => ({ ...column, values: column.texts || unpack(column.values), isText: Boolean(column.texts) });
  const general = page.scan.columns.map(unpackColumn);
  const measures = page.scan.measures.map((measure) => ({ ...measure, values: measure.values.map(unpack) }));
  const nameColumn = { title: "gene", isText: true, values: genes };
  const start = general[page.scan.sortedBy] || nameColumn;
  const shown = { step: 12, count: 12, sort: start, falls: fallsFirst(start), text: "", gene: -1, domain: -1 };
  let columns = [];
  let headers = [];
  const body = document.getElementById("scan-rows");
  const head = document.getElementById("scan-head");
  const more = document.getElementById("scan-more");
  const count = document.getElementById("scan-count");
  const colors = new Map(classes.map(({ name, color }) => [name, color]));
  const maps = new Map(layers.filter((layer) => layer.group === "Genes").map((layer) => [layer.name, layer]));

  /// Words rise first; numbers fall first, but for p and q, of which the small ones matter.
  function fallsFirst(column) {
    return !column.isText && !column.smallFirst;
  }

  /// The table's columns: the gene, what it does to the chosen domain, and the rest.
  function fillHead() {
    const own = shown.domain < 0 ? [] : measures.map((measure) => ({
      ...measure, title: measure.title + ", " + domains[shown.domain], values: measure.values[shown.domain],
    }));
    columns = [nameColumn, ...own, ...general];
    headers = columns.map((column) => {
      const button = make("button", { type: "button", class: "sort" }, column.title);
      const header = make("th", { scope: "col", class: column.isText ? "" : "number" }, button);
      if (column.help) button.title = column.help;
      button.addEventListener("click", () => {
        shown.falls = shown.sort === column ? !shown.falls : fallsFirst(column);
        shown.sort = column;
        shown.count = shown.step;
        fill();
      });
      return header;
    });
    head.replaceChildren(...headers);
    return own;
  }

  function order() {
    const wanted = shown.text.toLowerCase();
    const list = genes.map((_, i) => i).filter((i) => genes[i].toLowerCase().includes(wanted));
    const { values, isText } = shown.sort;
    const sign = shown.falls ? -1 : 1;
    return list.sort((a, b) => {
      if (isText) return sign * String(values[a]).localeCompare(String(values[b]), "en") || a - b;
      // Missing numbers come last either way.
      if (Number.isNaN(values[a]) || Number.isNaN(values[b])) return Number.isNaN(values[a]) - Number.isNaN(values[b]) || a - b;
      return sign * (values[a] - values[b]) || a - b;
    });
  }

  const numberText = (value) => format(value).replace("-", "−");

  function fill() {
    const list = order();
    headers.forEach((header, k) => {
      header.setAttribute("aria-sort", columns[k] === shown.sort ? (shown.falls ? "descending" : "ascending") : "none");
    });
    body.replaceChildren(...list.slice(0, shown.count).map((i) => {
      const button = make("button", { type: "button", class: "gene", "aria-pressed": String(shown.gene === i) }, genes[i]);
      button.addEventListener("click", () => choose(i));
      const line = make("tr", { class: shown.gene === i ? "chosen" : "" }, make("th", { scope: "row" }, button));
      line.dataset.gene = String(i);
      for (const column of columns.slice(1)) {
        const cell = make("td", { class: column.isText ? "" : "number" });
        if (column.isText && colors.has(column.values[i])) cell.append(swatch(colors.get(column.values[i])));
        cell.append(column.isText ? column.values[i] || "–" : numberText(column.values[i]));
        line.append(cell);
      }
      line.addEventListener("click", (event) => {
        if (event.target !== button) choose(i);
      });
      return line;
    }));
    more.hidden = list.length <= shown.count;
    count.textContent = format(list.length) + " of " + format(genes.length) + " genes" +
      (list.length > shown.count ? ", the first " + shown.count + " shown" : "");
  }

  const chart = document.getElementById("scan-chart");
  const mapHolder = document.getElementById("scan-figure");
  let panel = null;

  /// A line a domain, with all that is known of the gene and it.
  function domainTable(i) {
    const table = make("table", {}, make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "domain"),
      ...measures.map(({ title, help }) => make("th", { scope: "col", class: "number", title: help }, title)))));
    const rows = domains.map((name, d) => make("tr", {},
      make("th", { scope: "row" }, ...(colors.has(name) ? [swatch(colors.get(name))] : []), name),
      ...measures.map(({ values }) => make("td", { class: "number" }, numberText(values[d][i])))));
    table.append(make("tbody", {}, ...rows));
    return make("div", { class: "scroll" }, table);
  }

  function choose(i) {
    shown.gene = i;
    for (const line of body.children) {
      const isChosen = line.dataset.gene === String(i);
      line.className = isChosen ? "chosen" : "";
      line.querySelector("button").setAttribute("aria-pressed", String(isChosen));
    }
    chart.replaceChildren(make("h3", {}, genes[i]));
    if (measures.length > 0) {
      const bars = domains.map((name, d) => ({ name, value: measures[0].values[d][i], color: colors.get(name) }));
      chart.append(domainBars("Change of each domain's probability for " + genes[i], bars), domainTable(i));
    }
    const layer = maps.get(genes[i]);
    mapHolder.hidden = !layer;
    document.getElementById("scan-no-map").hidden = Boolean(layer);
    if (!layer) return;
    if (panel) panel.setLayer(layer);
    else panel = new MapPanel(mapHolder, "scan-map", wholeView(), layer);
  }

  document.getElementById("scan-search").addEventListener("input", (event) => {
    shown.text = event.target.value.trim();
    shown.count = shown.step;
    fill();
  });
  more.addEventListener("click", () => {
    shown.count += 100;
    fill();
  });
  const chooser = document.getElementById("scan-domain");
  // A scan without shifts by domain has nothing to choose from.
  domains.forEach((name, d) => chooser.append(make("option", { value: String(d) }, name)));
  if (chooser) chooser.addEventListener("change", () => {
    shown.domain = Number(chooser.value);
    const own = fillHead();
    // First the genes whose edit takes most of the domain's probability away.
    shown.sort = own.length > 0 ? own[0] : start;
    shown.falls = own.length > 0 ? false : fallsFirst(start);
    shown.count = shown.step;
    fill();
    if (body.rows.length > 0) choose(Number(body.rows[0].dataset.gene));
  });
  fillHead();
  fill();
  if (genes.length > 0) choose(order()[0]);
}
