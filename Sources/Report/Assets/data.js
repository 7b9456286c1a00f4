// The page's data: JSON with packed arrays, which Payload.swift writes.

const page = JSON.parse(document.getElementById("report-data").textContent);

/// The numbers of a packed array: codes as they are; quantised values with NaN where one is missing.
function unpack(packed) {
  const text = atob(packed.data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const types = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, f32: Float32Array };
  const codes = new types[packed.type](bytes.buffer);
  if (packed.low === undefined) return codes;
  // The largest code stands for a missing value.
  const missing = packed.type === "u8" ? 255 : 65535;
  const step = (packed.high - packed.low) / (missing - 1);
  return Float32Array.from(codes, (code) => (code === missing ? NaN : packed.low + code * step));
}

const spotCount = page.spots.barcodes.length;
const spots = {
  barcodes: page.spots.barcodes,
  x: unpack(page.spots.x),
  y: unpack(page.spots.y),
  diameter: page.spots.diameter,
  truth: page.spots.truth && unpack(page.spots.truth),
  prediction: unpack(page.spots.prediction),
  split: unpack(page.spots.split),
  probabilities: unpack(page.spots.probabilities),
};
const classes = page.spots.classes;
const probabilityCount = page.spots.probabilityCount;
const noClass = 255;

function className(code) {
  return code < classes.length ? classes[code].name : "none";
}

function probability(spot, code) {
  return spots.probabilities[spot * probabilityCount + code];
}

function confidence(spot) {
  return probability(spot, spots.prediction[spot]);
}

/// A number for people: whole numbers with separators of thousands, others with two or three digits that count.
function format(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en-US");
  if (size !== 0 && size < 0.001) return value.toExponential(1).replace("e-", "e−");
  if (size < 0.1) return String(Number(value.toPrecision(2)));
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : size >= 1 ? value.toFixed(2) : value.toFixed(3);
}

/// A new element; text goes in as text, never as markup.
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const svgSpace = "http://www.w3.org/2000/svg";

function makeSVG(name, attributes = {}, ...children) {
  const element = document.createElementNS(svgSpace, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}
