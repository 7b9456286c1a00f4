// What a map can be coloured by, and how values become colours.

const colorMaps = {};
for (const [name, digits] of Object.entries(page.colorMaps)) {
  colorMaps[name] = Array.from({ length: digits.length / 6 }, (_, i) => "#" + digits.slice(i * 6, i * 6 + 6));
}

const layers = [];

function addLayer(layer) {
  layer.id = "layer-" + layers.length;
  layers.push(layer);
  return layer;
}

function fillLayers() {
  if (spots.truth) {
    addLayer({ group: "Domains", name: "Truth", kind: "classes", codes: spots.truth });
  }
  addLayer({ group: "Domains", name: "Prediction", kind: "classes", codes: spots.prediction });
  if (spots.truth) {
    const codes = Uint8Array.from(spots.truth, (truth, i) =>
      truth === noClass ? 2 : truth === spots.prediction[i] ? 0 : 1);
    addLayer({ group: "Domains", name: "Errors", kind: "errors", codes });
  }
  const confidences = Float32Array.from(spots.barcodes, (_, i) => confidence(i));
  addLayer({
    group: "Probabilities", name: "Confidence", kind: "values", values: confidences, map: "cividis", low: 0, high: 1,
    label: "probability of the predicted domain",
  });
  for (let c = 0; c < probabilityCount; c++) {
    const values = Float32Array.from(spots.barcodes, (_, i) => probability(i, c));
    addLayer({
      group: "Probabilities", name: "P(" + className(c) + ")", kind: "values", values, map: "cividis", low: 0, high: 1,
      label: "probability",
    });
  }
  for (const layer of page.layers) {
    const values = unpack(layer.values);
    addLayer({ ...layer, kind: "values", values, ...valueRange(values, layer) });
  }
}

/// From 0, or the smallest value, to the 99th percentile, so that a few large values do not darken the rest.
function valueRange(values, layer) {
  const finite = Array.from(values).filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  if (finite.length === 0) return { low: 0, high: 1 };
  const at = (share) => finite[Math.round(share * (finite.length - 1))];
  if (layer.isSigned) {
    const size = Math.max(Math.abs(at(0.01)), Math.abs(at(0.99))) || 1;
    return { low: -size, high: size, clips: finite[0] < -size || at(1) > size };
  }
  const low = layer.group === "Quality control" ? finite[0] : Math.min(0, finite[0]);
  // Where nearly all values are equal the percentile says nothing.
  const high = at(0.99) > low ? at(0.99) : at(1) > low ? at(1) : low + 1;
  return { low, high, clips: at(1) > high };
}

const errorColors = () => [theme().unchanged, theme().wrong, theme().missing];
const errorNames = ["right", "wrong", "no true label"];

/// The colour of every spot as a number among `colors`.
function paint(layer) {
  if (layer.kind === "classes") {
    const colors = classes.map((entry) => entry.color).concat(theme().missing);
    return { colors, codes: Array.from(layer.codes, (code) => (code === noClass ? classes.length : code)) };
  }
  if (layer.kind === "errors") return { colors: errorColors(), codes: layer.codes };
  const colors = colorMaps[layer.map].concat(theme().missing);
  const last = colors.length - 2;
  const codes = new Uint16Array(spotCount);
  for (let i = 0; i < spotCount; i++) {
    const share = (layer.values[i] - layer.low) / (layer.high - layer.low);
    codes[i] = Number.isNaN(share) ? last + 1 : Math.round(Math.min(1, Math.max(0, share)) * last);
  }
  return { colors, codes };
}

/// What a layer says of a spot, in words.
function layerText(layer, spot) {
  if (layer.kind === "classes") return className(layer.codes[spot]);
  if (layer.kind === "errors") return errorNames[layer.codes[spot]];
  return format(layer.values[spot]);
}

/// A list of layers to choose from.
function fillLayerSelect(select, chosen) {
  let group = null;
  for (const layer of layers) {
    if (!group || group.label !== layer.group) {
      group = make("optgroup", { label: layer.group });
      select.append(group);
    }
    group.append(make("option", { value: layer.id }, layer.name));
  }
  select.value = chosen.id;
}

function layerNamed(name) {
  return layers.find((layer) => layer.name === name) || layers[0];
}

function layerOf(select) {
  return layers.find((layer) => layer.id === select.value) || layers[0];
}
