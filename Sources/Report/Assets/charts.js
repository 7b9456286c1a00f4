// Small charts as SVG: histograms, curves, the reliability diagram, bars.

/// Round numbers over a range, about `count` of them.
function ticks(low, high, count) {
  const span = high - low || 1;
  const raw = span / count;
  const power = Math.pow(10, Math.floor(Math.log10(raw)));
  const step = [1, 2, 5, 10].map((m) => m * power).find((m) => m >= raw) || raw;
  const result = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-6; k++) result.push(Number((k * step).toPrecision(12)));
  return result;
}

function tickText(value) {
  return Math.abs(value) >= 10000 ? value / 1000 + "k" : value.toLocaleString("en-US");
}

/// Axes with a grid; returns the drawing and the functions that place values on it.
function axes({ title, x, y, width = 420, height = 260 }) {
  const frame = { left: 54, right: 14, top: 12, bottom: 44 };
  const inner = { width: width - frame.left - frame.right, height: height - frame.top - frame.bottom };
  const placeX = (value) => frame.left + ((value - x.low) / (x.high - x.low || 1)) * inner.width;
  const placeY = (value) => frame.top + (1 - (value - y.low) / (y.high - y.low || 1)) * inner.height;
  const svg = makeSVG("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title, class: "chart" });
  for (const value of ticks(y.low, y.high, 4)) {
    svg.append(makeSVG("line", { class: "grid", x1: frame.left, x2: width - frame.right, y1: placeY(value), y2: placeY(value) }));
    svg.append(makeSVG("text", { class: "tick", x: frame.left - 7, y: placeY(value) + 4, "text-anchor": "end" }, tickText(value)));
  }
  for (const value of ticks(x.low, x.high, 5)) {
    svg.append(makeSVG("line", { class: "axis", x1: placeX(value), x2: placeX(value), y1: height - frame.bottom, y2: height - frame.bottom + 4 }));
    svg.append(makeSVG("text", { class: "tick", x: placeX(value), y: height - frame.bottom + 18, "text-anchor": "middle" }, tickText(value)));
  }
  svg.append(makeSVG("line", { class: "axis", x1: frame.left, x2: width - frame.right, y1: height - frame.bottom, y2: height - frame.bottom }));
  svg.append(makeSVG("text", { class: "label", x: frame.left + inner.width / 2, y: height - 7, "text-anchor": "middle" }, x.label));
  svg.append(makeSVG("text", {
    class: "label", transform: `translate(13 ${frame.top + inner.height / 2}) rotate(-90)`, "text-anchor": "middle",
  }, y.label));
  return { svg, placeX, placeY, frame, width, height, inner };
}

/// Shows text beside the pointer over parts of a chart.
function explain(element, text) {
  element.append(makeSVG("title", {}, text));
}

function histogram(layer) {
  const values = Array.from(layer.values).filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  if (values.length === 0) return null;
  const low = values[0];
  const high = values[values.length - 1] > low ? values[values.length - 1] : low + 1;
  const count = 40;
  const bins = new Array(count).fill(0);
  for (const value of values) bins[Math.min(count - 1, Math.floor(((value - low) / (high - low)) * count))]++;
  const median = values[Math.floor((values.length - 1) / 2)];
  const chart = axes({
    title: "Histogram of " + layer.name + ", median " + format(median), x: { low, high, label: layer.name },
    y: { low: 0, high: Math.max(...bins) * 1.05, label: "spots" },
  });
  bins.forEach((number, k) => {
    const from = low + ((high - low) * k) / count;
    const to = low + ((high - low) * (k + 1)) / count;
    const bar = makeSVG("rect", {
      class: "bar-fill", x: chart.placeX(from) + 0.5, width: Math.max(0.5, chart.placeX(to) - chart.placeX(from) - 1),
      y: chart.placeY(number), height: chart.placeY(0) - chart.placeY(number),
    });
    explain(bar, `${format(from)} to ${format(to)}: ${format(number)} spots`);
    chart.svg.append(bar);
  });
  chart.svg.append(makeSVG("line", { class: "mark", x1: chart.placeX(median), x2: chart.placeX(median), y1: chart.frame.top, y2: chart.placeY(0) }));
  const side = chart.placeX(median) > chart.width / 2 ? -1 : 1;
  chart.svg.append(makeSVG("text", {
    class: "note", x: chart.placeX(median) + 6 * side, y: chart.frame.top + 10, "text-anchor": side < 0 ? "end" : "start",
  }, "median " + format(median)));
  return make("figure", { class: "chart-figure" }, chart.svg);
}

/// Curves over epochs, with the best epoch and drops of the learning rate marked, and values under the pointer.
function curves(title, label, epochs, lines, marks) {
  const numbers = lines.flatMap((line) => line.values).filter((value) => value !== null);
  if (numbers.length === 0) return null;
  const low = Math.min(0, ...numbers);
  const high = Math.max(...numbers);
  const chart = axes({
    title, x: { low: epochs[0], high: epochs[epochs.length - 1], label: "epoch" },
    y: { low, high: high > low ? high : low + 1, label },
  });
  for (const epoch of marks.drops) {
    const line = makeSVG("line", { class: "drop", x1: chart.placeX(epoch), x2: chart.placeX(epoch), y1: chart.frame.top, y2: chart.placeY(low) });
    explain(line, "learning rate lowered");
    chart.svg.append(line);
  }
  if (marks.best !== null) {
    chart.svg.append(makeSVG("line", { class: "mark", x1: chart.placeX(marks.best), x2: chart.placeX(marks.best), y1: chart.frame.top, y2: chart.placeY(low) }));
  }
  const legend = make("figcaption", { class: "chart-legend" });
  lines.forEach((line, k) => {
    let path = "";
    line.values.forEach((value, i) => {
      if (value === null) return;
      path += (path === "" || line.values[i - 1] === null ? "M" : "L") + chart.placeX(epochs[i]).toFixed(1) + " " + chart.placeY(value).toFixed(1);
    });
    chart.svg.append(makeSVG("path", { class: "series series-" + (k % 4), d: path }));
    legend.append(make("span", { class: "key key-" + (k % 4) }, line.name));
  });
  if (marks.drops.length > 0) legend.append(make("span", { class: "key key-drop" }, "learning rate lowered"));
  if (marks.best !== null) legend.append(make("span", { class: "key key-mark" }, "best epoch (" + marks.best + ")"));
  const guide = makeSVG("line", { class: "guide", y1: chart.frame.top, y2: chart.placeY(low), visibility: "hidden" });
  chart.svg.append(guide);
  chart.svg.addEventListener("pointermove", (event) => {
    const box = chart.svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * chart.width;
    const i = epochs.reduce((best, epoch, k) => (Math.abs(chart.placeX(epoch) - x) < Math.abs(chart.placeX(epochs[best]) - x) ? k : best), 0);
    for (const end of ["x1", "x2"]) guide.setAttribute(end, chart.placeX(epochs[i]));
    guide.setAttribute("visibility", "visible");
    const facts = make("dl", { class: "facts" }, ...lines.flatMap((line) => row(line.name, format(line.values[i]))));
    showTooltip([make("p", { class: "barcode" }, "epoch " + epochs[i]), facts], { x: event.clientX, y: event.clientY });
  });
  chart.svg.addEventListener("pointerleave", () => {
    guide.setAttribute("visibility", "hidden");
    hideTooltip();
  });
  return make("figure", { class: "chart-figure" }, chart.svg, legend);
}

/// How often predictions of a confidence are right, over the diagonal; the bars' width tells how many there are.
function reliabilityDiagram(bins, title) {
  const chart = axes({
    title, width: 360, height: 320, x: { low: 0, high: 1, label: "confidence" }, y: { low: 0, high: 1, label: "share right" },
  });
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  for (const bin of bins) {
    if (bin.count === 0) continue;
    const left = chart.placeX(bin.lower);
    const right = chart.placeX(bin.upper);
    const text = `confidence ${bin.lower.toFixed(2)} to ${bin.upper.toFixed(2)}: ${bin.count} spots, ` +
      `${(100 * bin.accuracy).toFixed(0)} % right at a mean confidence of ${(100 * bin.confidence).toFixed(0)} %`;
    const height = (0.2 * chart.inner.height * bin.count) / most;
    const count = makeSVG("rect", { class: "count-fill", x: left + 0.5, width: right - left - 1, y: chart.placeY(0) - height, height });
    explain(count, text);
    const gap = makeSVG("line", {
      class: "gap", x1: chart.placeX(bin.confidence), x2: chart.placeX(bin.confidence), y1: chart.placeY(bin.confidence), y2: chart.placeY(bin.accuracy),
    });
    const point = makeSVG("circle", { class: "point", cx: chart.placeX(bin.confidence), cy: chart.placeY(bin.accuracy), r: 4.5 });
    explain(point, text);
    chart.svg.append(count, gap, point);
  }
  chart.svg.append(makeSVG("line", { class: "diagonal", x1: chart.placeX(0), y1: chart.placeY(0), x2: chart.placeX(1), y2: chart.placeY(1) }));
  return chart.svg;
}

/// Bars to both sides of 0, one a domain.
function domainBars(title, values) {
  const rowHeight = 24;
  const width = 420;
  const left = 96;
  const right = 6;
  const height = values.length * rowHeight + 30;
  const size = Math.max(...values.map((entry) => Math.abs(entry.value || 0))) || 1;
  const middle = left + (width - left - right) / 2;
  // The numbers stand beyond the bars' ends.
  const half = (width - left - right) / 2 - 52;
  const svg = makeSVG("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title, class: "chart" });
  values.forEach(({ name, value, color }, k) => {
    const y = k * rowHeight + 4;
    const length = (Math.abs(value || 0) / size) * half;
    const rect = makeSVG("rect", { x: value < 0 ? middle - length : middle, y, width: length, height: rowHeight - 8, rx: 1.5 });
    rect.style.fill = color || "currentColor";
    svg.append(makeSVG("text", { class: "tick", x: left - 8, y: y + 12, "text-anchor": "end" }, name), rect);
    svg.append(makeSVG("text", {
      class: "tick", x: value < 0 ? middle - length - 4 : middle + length + 4, y: y + 12, "text-anchor": value < 0 ? "end" : "start",
    }, (value > 0 ? "+" : "") + format(value).replace("-", "−")));
  });
  svg.append(makeSVG("line", { class: "axis", x1: middle, x2: middle, y1: 0, y2: height - 26 }));
  svg.append(makeSVG("text", { class: "label", x: middle, y: height - 7, "text-anchor": "middle" }, "mean change of the domain's probability"));
  return svg;
}

function startCharts() {
  const quality = document.getElementById("quality-charts");
  for (const layer of layers.filter((layer) => layer.group === "Quality control")) {
    const figure = histogram(layer);
    if (quality && figure) quality.append(make("div", { class: "quality" }, figure, thumbnail(layer, 190)));
  }
  drawGallery();
  const holder = document.getElementById("history-charts");
  if (holder && page.history) {
    const { epochs, losses, scores, best, drops } = page.history;
    for (const [title, label, lines] of [["Loss by epoch", "loss", losses], ["Scores of the validation spots by epoch", "score", scores]]) {
      const figure = lines.length > 0 ? curves(title, label, epochs, lines, { best: best === undefined ? null : best, drops }) : null;
      if (figure) holder.append(figure);
    }
  }
  const reliability = document.getElementById("reliability-chart");
  if (reliability && page.reliability) reliability.prepend(reliabilityDiagram(page.reliability, "Reliability diagram of the test spots"));
}
