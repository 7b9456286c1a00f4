import AnnData
import StomicsCore
import TestSupport
import Testing

@testable import Simulation

@Suite struct TissueTests {
  @Test("the capture areas are Visium's") func grid() {
    #expect(HexGrid.standard.count == 4992)
    #expect(HexGrid.large.count == 14_336)
    let grid = HexGrid.standard
    for spot in [0, 1, 63, 64, 65, 4991] {
      let (row, column) = grid.position(spot)
      #expect((row + column).isMultiple(of: 2))
      #expect(row < 78 && column < 128)
    }
    // Every inner spot has six neighbours at the pitch of 100 µm.
    let here = grid.point(64 * 40 + 30)
    let near = (0..<grid.count).map { other -> Double in
      let there = grid.point(other)
      return ((here.x - there.x) * (here.x - there.x) + (here.y - there.y) * (here.y - there.y)).squareRoot()
    }.sorted()
    expectClose(Array(near[0..<7]), [0, 100, 100, 100, 100, 100, 100], relative: 1e-12)
    #expect(near[7] > 150)
  }

  @Test("pixels follow rows and columns: x right, y down, 137.7 pixels a pitch") func pixels() throws {
    let data = try simulateCortex(SimulationOptions(spots: 300, genes: 50, seed: 5))
    guard case .array(let spatial) = data.obsm["spatial"], case .numeric(let rows) = data.obs["array_row"],
      case .numeric(let columns) = data.obs["array_col"]
    else {
      Issue.record("coordinates are missing")
      return
    }
    let xy = spatial.values.doubles
    let rowStep: Double = 100 * 0.75.squareRoot()
    var expected: [Double] = []
    for (row, column) in zip(rows.doubles, columns.doubles) {
      expected.append((column * 50 + 1000) * 1.377)
      expected.append((row * rowStep + 1000) * 1.377)
    }
    expectClose(xy, expected, relative: 1e-12, "spatial")
  }

  @Test("layers have their shares, follow each other in depth, and wave", arguments: [300, 3600, 6000])
  func layers(spots: Int) throws {
    let tissue = Tissue(options: SimulationOptions(spots: spots, seed: 7))
    #expect(tissue.spots.count == spots)
    #expect(Set(tissue.spots).count == spots)
    let table = SpotTable(tissue: tissue, seed: 7)
    var depths = [[Double]](repeating: [], count: 7)
    for (i, layer) in table.layers.enumerated() {
      depths[layer].append(tissue.relativeDepth(at: tissue.grid.point(tissue.spots[i])))
    }
    for layer in 0..<7 {
      let share = Double(depths[layer].count) / Double(spots)
      // Borders stand at quantiles; a border lifted over its neighbour in thin layers takes a spot or two.
      #expect(abs(share - CortexModel.layerShares[layer]) < 0.01, "share of layer \(layer)")
    }
    let means = depths.map { $0.reduce(0, +) / Double($0.count) }
    #expect(zip(means, means.dropFirst()).allSatisfy { $0 < $1 })
    // Waves and straying: layers overlap in depth.
    #expect((depths[2].max() ?? 0) > (depths[3].min() ?? 1))
  }

  @Test("weights of the layers' profiles sum to one") func weights() {
    let tissue = Tissue(options: SimulationOptions(spots: 300, seed: 1))
    let table = SpotTable(tissue: tissue, seed: 1)
    for i in 0..<300 {
      let sum = (0..<7).reduce(0) { $0 + table.weights[$1 * 300 + i] }
      #expect(abs(sum - 1) < 1e-12)
    }
    #expect(abs(table.depths.sorted()[149] + table.depths.sorted()[150] - 2) < 1e-12)
  }

  @Test("the picture is stained under every spot and pale in the corners") func picture() throws {
    let data = try simulateCortex(SimulationOptions(spots: 1000, genes: 50, seed: 4, image: true))
    guard case .dictionary(let libraries) = data.uns["spatial"], case .dictionary(let library) = libraries["simulated"],
      case .dictionary(let images) = library["images"], case .dictionary(let factors) = library["scalefactors"],
      case .array(let spatial) = data.obsm["spatial"]
    else {
      Issue.record("uns/spatial is not as scanpy writes it")
      return
    }
    let xy = spatial.values.doubles
    for name in ["hires", "lowres"] {
      guard case .array(let image) = images[name], case .uint8(let pixels) = image.values,
        case .scalar(let factor) = factors["tissue_\(name)_scalef"]
      else {
        Issue.record("no \(name) picture")
        continue
      }
      let (height, width) = (image.shape[0], image.shape[1])
      #expect(image.shape[2] == 3)
      #expect(max(height, width) == (name == "hires" ? 600 : 200))
      let scale = factor.doubles[0]
      for i in 0..<1000 {
        let (x, y) = (Int(xy[2 * i] * scale), Int(xy[2 * i + 1] * scale))
        #expect(pixels[3 * (y * width + x) + 1] < 225, "glass under spot \(i)")
      }
      for (x, y) in [(0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)] {
        #expect(pixels[3 * (y * width + x) + 1] > 230)
      }
    }
  }
}
