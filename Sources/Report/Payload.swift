import Metrics
import Plotting
import StomicsCore

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What the page's scripts draw, as JSON.
struct Payload: Encodable {
  struct Spots: Encodable {
    var barcodes: [String]
    var x: Packed
    var y: Packed
    var diameter: Double
    var classes: [Class]
    /// How many of the classes the model knows: columns of `probabilities`.
    var probabilityCount: Int
    var truth: Packed?
    var prediction: Packed
    var probabilities: Packed
    /// The parts' names, and for each spot the place of its own.
    var splits: [String]
    var split: Packed
  }

  struct Class: Encodable {
    var name: String
    var color: String
  }

  struct Layer: Encodable {
    var name: String
    var group: SpotLayer.Group
    var label: String
    var map: String
    var isSigned: Bool
    var isExtra: Bool
    var values: Packed
  }

  struct Picture: Encodable {
    var href: String
    var x: Double
    var y: Double
    var width: Double
    var height: Double
  }

  struct History: Encodable {
    var epochs: [Double]
    var losses: [Curve]
    var scores: [Curve]
    var best: Double?
    var drops: [Double]
  }

  struct Curve: Encodable {
    var name: String
    var values: [Double?]
  }

  /// Which spots each listens to; layers of one graph share it.
  struct Pattern: Encodable, Equatable {
    var pointers: Packed
    var indices: Packed
  }

  struct Attention: Encodable {
    var name: String
    var pattern: Int
    var weights: Packed
  }

  struct Scan: Encodable {
    var genes: [String]
    var columns: [Column]
    var domains: [String]
    var measures: [Measure]
    var sortedBy: Int
  }

  struct Column: Encodable {
    var title: String
    var help: String
    var smallFirst: Bool
    var values: Packed?
    var texts: [String]?
  }

  struct Measure: Encodable {
    var title: String
    var help: String
    var smallFirst: Bool
    var values: [Packed]
  }

  var fileName: String
  var spots: Spots
  var layers: [Layer]
  var image: Picture?
  var history: History?
  var reliability: [ReliabilityCurve.Bin]
  var attentionPatterns: [Pattern]
  var attention: [Attention]
  var scan: Scan?
  /// Colours as hexadecimal digits, six each.
  var colorMaps: [String: String]
}

extension Payload {
  init(_ report: RunReport) {
    fileName = report.title.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? String($0) : "_" }.joined()
    spots = Spots(report.spots)
    layers = report.layers.map { layer in
      precondition(layer.values.count == report.spots.count, "\(layer.name) has \(layer.values.count) values")
      let map: ColorMap = layer.isSigned ? .blueRed : layer.group == .quality ? .magma : .viridis
      return Layer(
        name: layer.name, group: layer.group, label: layer.label, map: map.name, isSigned: layer.isSigned,
        isExtra: layer.isExtra,
        values: .quantised(layer.values.map(Double.init), coarse: layer.isExtra))
    }
    image = report.picture.map { picture in
      Picture(
        href: "data:image/png;base64," + Data(picture.png).base64EncodedString(), x: picture.origin.x,
        y: picture.origin.y, width: picture.size.x, height: picture.size.y)
    }
    history = report.history.map { history in
      func curves(_ curves: [TrainingHistory.Curve]) -> [Curve] {
        curves.map { Curve(name: $0.name, values: $0.values.map { $0.isFinite ? $0.rounded(digits: 5) : nil }) }
      }
      return History(
        epochs: history.epochs, losses: curves(history.losses), scores: curves(history.scores),
        best: history.bestEpoch, drops: history.drops)
    }
    reliability = report.scores.test.reliability.bins
    attentionPatterns = []
    attention = []
    for layer in report.attention {
      let pattern = Pattern(
        pointers: .integers(layer.weights.indptr), indices: .integers(layer.weights.indices.map(Int.init)))
      let place = attentionPatterns.firstIndex(of: pattern) ?? attentionPatterns.count
      if place == attentionPatterns.count { attentionPatterns.append(pattern) }
      attention.append(
        Attention(
          name: layer.name, pattern: place,
          weights: .quantised(layer.weights.values.map(Double.init), range: 0...1)))
    }
    scan = report.scan.map(Scan.init)
    let maps = [ColorMap.viridis, .magma, .cividis, .blueRed]
    colorMaps = Dictionary(
      uniqueKeysWithValues: maps.map { ($0.name, $0.colors.map { String($0.hex.dropFirst()) }.joined()) })
  }

  /// JSON that can stand inside a script element: `<` and its kin only as escapes.
  func json() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var result = [UInt8]()
    for byte in try encoder.encode(self) {
      switch byte {
      case UInt8(ascii: "<"): result += Array("\\u003c".utf8)
      case UInt8(ascii: ">"): result += Array("\\u003e".utf8)
      case UInt8(ascii: "&"): result += Array("\\u0026".utf8)
      default: result.append(byte)
      }
    }
    return result
  }
}

extension Payload.Spots {
  init(_ spots: ReportSpots) {
    var names = [String]()
    for part in spots.parts where !names.contains(part) { names.append(part) }
    let order = ["train", "validation", "test"]
    names.sort { (order.firstIndex(of: $0) ?? order.count, $0) < (order.firstIndex(of: $1) ?? order.count, $1) }
    let places = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    barcodes = spots.barcodes
    x = .quantised(spots.coordinates.map(\.x))
    y = .quantised(spots.coordinates.map(\.y))
    diameter = spots.diameter
    classes = spots.domains.map { Payload.Class(name: $0.name, color: $0.color) }
    probabilityCount = spots.probabilities.columns
    truth = spots.truth.map(Packed.codes)
    prediction = .codes(spots.prediction)
    probabilities = .quantised(spots.probabilities.values.map(Double.init), range: 0...1)
    splits = names
    split = .codes(spots.parts.map { places[$0] ?? -1 })
  }
}

extension Payload.Scan {
  init(_ scan: ScanResults) {
    genes = scan.genes
    columns = scan.columns.map { column in
      switch column.values {
      case .numbers(let values):
        Payload.Column(
          title: column.title, help: column.help, smallFirst: column.smallFirst, values: .floats(values.map(Float.init))
        )
      case .texts(let texts):
        Payload.Column(title: column.title, help: column.help, smallFirst: column.smallFirst, texts: texts)
      }
    }
    domains = scan.domains
    measures = scan.measures.map { measure in
      Payload.Measure(
        title: measure.title, help: measure.help, smallFirst: measure.smallFirst,
        values: measure.values.map { .floats($0.map(Float.init)) })
    }
    sortedBy = scan.sortedBy
  }
}

extension Double {
  /// With so many digits that count.
  fileprivate func rounded(digits: Int) -> Double { Double(formatted(significantDigits: digits)) ?? self }
}
