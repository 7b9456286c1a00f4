// The two maps side by side, what steers them, and the small maps of everything below.

function startExplorer() {
  const view = wholeView();
  const first = layerNamed(spots.truth ? "Truth" : "Prediction");
  const second = spots.truth ? layerNamed("Prediction") : layerNamed("Confidence");
  const sides = [["left", first], ["right", second]].map(([side, layer]) => {
    const panel = new MapPanel(document.getElementById(side + "-figure"), side + "-map", view, layer);
    const chooser = document.getElementById(side + "-layer");
    fillLayerSelect(chooser, layer);
    chooser.addEventListener("change", () => panel.setLayer(layerOf(chooser)));
    return { panel, chooser };
  });

  const which = document.getElementById("which-spots");
  for (const name of page.spots.splits.filter((name) => name !== "")) {
    which.append(make("option", { value: name }, name + " spots"));
  }
  which.addEventListener("change", () => {
    state.which = which.value;
    redraw();
  });
  for (const [id, key] of [["image-opacity", "imageOpacity"], ["spot-size", "spotScale"]]) {
    const slider = document.getElementById(id);
    if (!slider) continue;
    slider.addEventListener("input", () => {
      state[key] = Number(slider.value);
      redraw();
    });
  }
  document.getElementById("save-map").addEventListener("click", () => {
    const link = make("a", { download: page.fileName + "-map.png", href: sides[0].panel.canvas.toDataURL("image/png") });
    link.click();
  });
  selectionListeners.push((spot) => showDetails(spot));
  fillGallery(sides[1]);
  if (tissue) {
    tissue.addEventListener("load", () => {
      redraw();
      drawGallery();
    });
    tissue.src = page.image.href;
  }
}

const gallery = [];
let rightSide = null;

/// A small map of every layer.
function fillGallery(right) {
  rightSide = right;
  const holder = document.getElementById("gallery");
  for (const layer of layers) {
    if (!layer.isExtra) holder.append(thumbnail(layer, 132));
  }
  drawGallery();
}

/// A small map; pressing it shows its layer in the map at the right.
function thumbnail(layer, height) {
  const canvas = make("canvas", { "aria-hidden": "true" });
  const button = make("button", { type: "button", class: "thumbnail", title: "Show in the map at the right" }, canvas,
    make("span", {}, layer.name));
  button.addEventListener("click", () => {
    rightSide.chooser.value = layer.id;
    rightSide.panel.setLayer(layer);
    rightSide.panel.canvas.scrollIntoView({ block: "nearest" });
  });
  gallery.push({ canvas, layer, height });
  return button;
}

function drawGallery() {
  for (const { canvas, layer, height } of gallery) {
    const width = Math.round(height * Math.min(1.7, Math.max(0.7, bounds.width / bounds.height)));
    canvas.style.width = width + "px";
    canvas.style.height = height + "px";
    drawLayer(prepareCanvas(canvas, width, height), layer, wholeView(), width, height, { imageOpacity: 0, spotScale: 1.4 });
  }
}
