// The ranking of a perturbation scan: a table that sorts and searches, and what the chosen gene does.

function startScan() {
  if (!page.scan) return;
  const { domains } = page.scan;
  const genes = page.scan.genes;
  const columns = page.scan.columns.map((column) => ({
    ...column, values: column.texts || unpack(column.values), isText: Boolean(column.texts),
  }));
  const shifts = domains.map((name) => ({ name, values: unpack(page.scan.shifts[domains.indexOf(name)]) }));
  const shown = { step: 12, count: 12, sort: page.scan.sortedBy, falls: page.scan.sortFalls, text: "", gene: -1 };
  const body = document.getElementById("scan-rows");
  const head = document.getElementById("scan-head");
  const more = document.getElementById("scan-more");
  const count = document.getElementById("scan-count");
  const colors = new Map(classes.map(({ name, color }) => [name, color]));
  const extra = new Map(layers.filter((layer) => layer.group === "Genes").map((layer) => [layer.name, layer]));

  const headers = [{ title: "gene" }, ...columns].map((column, k) => {
    const button = make("button", { type: "button", class: "sort" }, column.title);
    const header = make("th", { scope: "col", "aria-sort": "none", class: k > 0 && !column.isText ? "number" : "" }, button);
    if (column.help) button.title = column.help;
    button.addEventListener("click", () => {
      // Words rise first; numbers fall first, but for p and q, of which the small ones matter.
      const fallsFirst = k > 0 && !column.isText && !column.smallFirst;
      shown.falls = shown.sort === k - 1 ? !shown.falls : fallsFirst;
      shown.sort = k - 1;
      shown.count = shown.step;
      fill();
    });
    head.append(header);
    return header;
  });

  function order() {
    const wanted = shown.text.toLowerCase();
    const list = genes.map((_, i) => i).filter((i) => genes[i].toLowerCase().includes(wanted));
    const values = shown.sort < 0 ? genes : columns[shown.sort].values;
    const isText = shown.sort < 0 || columns[shown.sort].isText;
    const sign = shown.falls ? -1 : 1;
    return list.sort((a, b) => {
      if (isText) return sign * String(values[a]).localeCompare(String(values[b]), "en") || a - b;
      // Missing numbers come last either way.
      if (Number.isNaN(values[a]) || Number.isNaN(values[b])) return Number.isNaN(values[a]) - Number.isNaN(values[b]) || a - b;
      return sign * (values[a] - values[b]) || a - b;
    });
  }

  function fill() {
    const list = order();
    headers.forEach((header, k) => {
      header.setAttribute("aria-sort", shown.sort === k - 1 ? (shown.falls ? "descending" : "ascending") : "none");
    });
    body.replaceChildren(...list.slice(0, shown.count).map((i) => {
      const button = make("button", { type: "button", class: "gene", "aria-pressed": String(shown.gene === i) }, genes[i]);
      button.addEventListener("click", () => choose(i));
      const line = make("tr", { class: shown.gene === i ? "chosen" : "" }, make("th", { scope: "row" }, button));
      for (const column of columns) {
        const text = column.isText ? column.values[i] || "–" : format(column.values[i]).replace("-", "−");
        const cell = make("td", { class: column.isText ? "" : "number" });
        if (column.isText && colors.has(column.values[i])) cell.append(swatch(colors.get(column.values[i])));
        cell.append(text);
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

  function choose(i) {
    shown.gene = i;
    for (const line of body.children) {
      const button = line.querySelector("button");
      const isChosen = button.textContent === genes[i];
      line.className = isChosen ? "chosen" : "";
      button.setAttribute("aria-pressed", String(isChosen));
    }
    const values = shifts.map(({ name, values }) => ({ name, value: values[i], color: colors.get(name) }));
    chart.replaceChildren(make("h3", {}, genes[i]), ...(values.length > 0
      ? [domainBars("Change of each domain's probability for " + genes[i], values)] : [make("p", {}, "The scan has no shifts by domain.")]));
    const layer = extra.get(genes[i]);
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
  fill();
  if (genes.length > 0) choose(order()[0]);
}
