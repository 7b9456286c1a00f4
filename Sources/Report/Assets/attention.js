// Whom a spot listens to: lines to its neighbours, as wide and strong as their weights, and a table.

function startAttention() {
  if (page.attention.length === 0) return;
  const patterns = page.attentionPatterns.map(({ pointers, indices }) => ({ pointers: unpack(pointers), indices: unpack(indices) }));
  const maps = page.attention.map(({ name, pattern, weights }) => ({ name, ...patterns[pattern], weights: unpack(weights) }));
  const chooser = document.getElementById("attention-layer");
  maps.forEach(({ name }, k) => chooser.append(make("option", { value: String(k) }, name)));
  chooser.value = String(maps.length - 1);
  const panel = new MapPanel(document.getElementById("attention-figure"), "attention-map", wholeView(), layerNamed("Prediction"));

  /// The spots that a spot listens to, the strongest first.
  function heard(spot) {
    const { pointers, indices, weights } = maps[Number(chooser.value)];
    const list = [];
    for (let k = pointers[spot]; k < pointers[spot + 1]; k++) list.push({ spot: indices[k], weight: weights[k] });
    return list.sort((a, b) => b.weight - a.weight);
  }

  panel.overlay = (context, { place, radius }) => {
    if (state.selected < 0) return;
    const list = heard(state.selected);
    const most = list.length > 0 ? list[0].weight : 1;
    const at = (i) => [spots.x[i] * place.scale + place.x, spots.y[i] * place.scale + place.y];
    for (const { spot, weight } of list.slice().reverse()) {
      if (spot === state.selected) continue;
      const share = weight / most;
      for (const [color, extra] of [[theme().halo, 2.5], [theme().ring, 0]]) {
        context.strokeStyle = color;
        context.globalAlpha = 0.25 + 0.75 * share;
        context.lineWidth = 0.8 + 5.5 * share + extra;
        context.beginPath();
        context.moveTo(...at(state.selected));
        context.lineTo(...at(spot));
        context.stroke();
      }
    }
    context.globalAlpha = 1;
    // The spots themselves again, over the lines.
    for (const { spot } of list.concat({ spot: state.selected })) {
      context.fillStyle = classes[spots.prediction[spot]].color;
      context.strokeStyle = theme().halo;
      context.lineWidth = 1;
      context.beginPath();
      context.arc(...at(spot), Math.max(radius, 2), 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    }
  };

  const body = document.getElementById("attention-rows");
  const caption = document.getElementById("attention-caption");

  function show(spot) {
    if (spot < 0) {
      body.replaceChildren();
      caption.textContent = "Click a spot of any map, or press Enter on the one in focus.";
      return;
    }
    const list = heard(spot);
    const across = list.reduce((sum, other) => sum + (spots.prediction[other.spot] !== spots.prediction[spot] ? other.weight : 0), 0);
    caption.textContent = list.length === 0
      ? spots.barcodes[spot] + " listens to nobody in this layer."
      : spots.barcodes[spot] + " (" + className(spots.prediction[spot]) + ") listens to " + list.length +
        (list.length === 1 ? " spot" : " spots") + "; " + (100 * across).toFixed(0) + " % of its attention goes to other domains.";
    body.replaceChildren(...list.map((other) => {
      const code = spots.prediction[other.spot];
      const bar = make("span", { class: "bar" });
      bar.style.width = (100 * other.weight / list[0].weight).toFixed(1) + "%";
      bar.style.backgroundColor = classes[code].color;
      const name = spots.barcodes[other.spot] + (other.spot === spot ? " (itself)" : "");
      const line = make("tr", {}, make("td", { class: "mono" }, name), make("td", {}, swatch(classes[code].color), className(code)),
        make("td", { class: "number" }, other.weight.toFixed(3)), make("td", { class: "number" }, (other.weight * list.length).toFixed(2)),
        make("td", { class: "bar-cell", "aria-hidden": "true" }, make("span", { class: "track" }, bar)));
      line.addEventListener("pointerenter", () => { state.hover = other.spot; redraw(); });
      line.addEventListener("pointerleave", () => { state.hover = -1; redraw(); });
      return line;
    }));
  }

  chooser.addEventListener("change", () => {
    show(state.selected);
    redraw();
  });
  selectionListeners.push((spot, from) => {
    show(spot);
    if (spot >= 0 && from !== panel) panel.centre(spot, Math.min(20, Math.max(1, bounds.width / (14 * spots.diameter))));
  });
}

/// Begins with the spot the model is least sure of.
function selectFirst() {
  let least = -1;
  for (let i = 0; i < spotCount; i++) {
    if (!Number.isNaN(spots.x[i]) && (least < 0 || confidence(i) < confidence(least))) least = i;
  }
  select(page.attention.length > 0 ? least : -1, null);
}
