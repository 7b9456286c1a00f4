/// The positions of a Visium capture area: a hexagonal grid of pitch 100 µm.
///
/// Array row r holds the array columns of r's parity; neighbours in a row are two columns apart, as Space Ranger numbers
/// them (tissue_positions.csv).
struct HexGrid: Sendable {
  /// Number of rows.
  let rows: Int
  /// Number of spots in a row.
  let spotsPerRow: Int

  /// The 6.5 mm capture area: 78 x 64 = 4,992 spots.
  static let standard = HexGrid(rows: 78, spotsPerRow: 64)
  /// The 11 mm capture area: 128 x 112 = 14,336 spots.
  static let large = HexGrid(rows: 128, spotsPerRow: 112)

  static let pitchMicrons = 100.0
  /// Distance of two rows: the height of a triangle of the grid.
  static let rowStepMicrons = 100.0 * 0.866_025_403_784_438_6
  /// Space Ranger's `spot_diameter_fullres` is the diameter of a 65 µm spot, `fiducial_diameter_fullres` of 105 µm.
  static let spotDiameterMicrons = 65.0
  static let fiducialDiameterMicrons = 105.0
  /// Full-resolution pixels a micrometre: slice 151673 has its spots 137.7 pixels apart.
  static let pixelsPerMicron = 1.377
  /// What the picture shows around the capture area.
  static let marginMicrons = 1000.0

  var count: Int { rows * spotsPerRow }
  /// Distance from the first to the last spot centre, across and down.
  var widthMicrons: Double { (2 * Double(spotsPerRow) - 1) * Self.pitchMicrons / 2 }
  var heightMicrons: Double { Double(rows - 1) * Self.rowStepMicrons }
  /// The middle of the capture area in micrometres.
  var centre: Point { Point(x: widthMicrons / 2, y: heightMicrons / 2) }

  /// The array position of the spot with the given number, counted along the rows.
  func position(_ index: Int) -> (row: Int, column: Int) {
    let row = index / spotsPerRow
    return (row, 2 * (index % spotsPerRow) + row % 2)
  }

  /// Where the spot with the given number lies, in micrometres from the first spot's row and column.
  func point(_ index: Int) -> Point {
    let (row, column) = position(index)
    return Point(x: Double(column) * Self.pitchMicrons / 2, y: Double(row) * Self.rowStepMicrons)
  }

  /// The pixel of the full-resolution image at a point: x to the right, y down.
  static func pixel(_ point: Point) -> (x: Double, y: Double) {
    ((point.x + marginMicrons) * pixelsPerMicron, (point.y + marginMicrons) * pixelsPerMicron)
  }
}

/// A place on the slide in micrometres, y down.
struct Point: Sendable, Equatable {
  var x: Double
  var y: Double
}
