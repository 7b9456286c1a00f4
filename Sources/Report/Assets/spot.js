// What is known about a spot: beside the pointer, and in the table of the spot that was clicked.

const tooltip = document.getElementById("tooltip");

function showTooltip(content, at) {
  tooltip.replaceChildren(...content);
  tooltip.hidden = false;
  const box = tooltip.getBoundingClientRect();
  const left = at.x + 16 + box.width > innerWidth ? at.x - 16 - box.width : at.x + 16;
  const top = at.y + 12 + box.height > innerHeight ? at.y - 12 - box.height : at.y + 12;
  tooltip.style.left = Math.max(4, left) + "px";
  tooltip.style.top = Math.max(4, top) + "px";
}

function hideTooltip() {
  tooltip.hidden = true;
}

function row(name, value, color) {
  const label = make("dt", {}, ...(color ? [swatch(color)] : []), name);
  return [label, make("dd", {}, value)];
}

function domainRow(name, code) {
  return row(name, className(code), code < classes.length ? classes[code].color : null);
}

/// The classes by falling probability, as bars.
function probabilityRows(spot, most) {
  const order = [...Array(probabilityCount).keys()].sort((a, b) => probability(spot, b) - probability(spot, a));
  const list = make("dl", { class: "bars" });
  for (const code of order.slice(0, most)) {
    const share = probability(spot, code);
    const bar = make("span", { class: "bar", "aria-hidden": "true" });
    bar.style.width = (100 * share).toFixed(1) + "%";
    bar.style.backgroundColor = classes[code].color;
    list.append(make("dt", {}, className(code)), make("dd", {}, make("span", { class: "track" }, bar), share.toFixed(3)));
  }
  return list;
}

function geneLayers() {
  return layers.filter((layer) => layer.group === "Genes" && !layer.isExtra);
}

function spotSummary(spot, layer) {
  const facts = make("dl", { class: "facts" });
  if (spots.truth) facts.append(...domainRow("truth", spots.truth[spot]));
  facts.append(...domainRow("prediction", spots.prediction[spot]));
  if (layer.kind === "values") facts.append(...row(layer.name, layerText(layer, spot)));
  const genes = geneLayers().filter((gene) => gene !== layer);
  for (const gene of genes.slice(0, 8)) facts.append(...row(gene.name, layerText(gene, spot)));
  const part = page.spots.splits[spots.split[spot]];
  const head = make("p", { class: "barcode" }, spots.barcodes[spot]);
  if (part) head.append(make("span", { class: "part" }, part));
  return [head, facts, probabilityRows(spot, 4)];
}

/// The same in one sentence, for screen readers.
function spotSentence(spot, layer) {
  let text = "Spot " + spots.barcodes[spot] + ", predicted " + className(spots.prediction[spot]) + " with probability " +
    confidence(spot).toFixed(2);
  if (spots.truth) text += ", truth " + className(spots.truth[spot]);
  if (layer.kind === "values") text += ", " + layer.name + " " + layerText(layer, spot);
  return text + ".";
}

function showDetails(spot) {
  const holder = document.getElementById("spot-details");
  if (spot < 0) {
    holder.replaceChildren(make("p", { class: "hint" }, "Click a spot, or press Enter on the one in focus, to keep its numbers here."));
    return;
  }
  const facts = make("dl", { class: "facts" });
  const part = page.spots.splits[spots.split[spot]];
  if (part) facts.append(...row("part of the split", part));
  if (spots.truth) facts.append(...domainRow("truth", spots.truth[spot]));
  facts.append(...domainRow("prediction", spots.prediction[spot]));
  for (const layer of layers) {
    if (layer.kind === "values" && layer.group !== "Probabilities" && !layer.isExtra) {
      facts.append(...row(layer.name, layerText(layer, spot)));
    }
  }
  holder.replaceChildren(
    make("h3", {}, spots.barcodes[spot]), facts, make("h4", {}, "Probabilities"), probabilityRows(spot, probabilityCount));
}
