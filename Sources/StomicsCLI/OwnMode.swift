import ArgumentParser
import Evaluation

/// This program's own models, which are no modes of `train`.
enum OwnMode: String, CaseIterable, ExpressibleByArgument {
  /// For spots that nothing near was learned from.
  case rings
  /// For slices that nothing was learned from.
  case layers
  /// For serial sections of slices that have labels.
  case sections
  /// For the other spots of a slice some of whose spots have labels.
  case kriging

  /// Of the disks, in rings.
  static let radii = [1, 3, 5]

  /// - Parameter recentres: whether slices that nothing is learned from are recentred, as for another donor's
  func classifier(radii: [Int] = radii, recentres: Bool = false, name: String? = nil) -> any Classifier {
    let name = name ?? rawValue
    return switch self {
    case .rings: RingsClassifier(radii: radii, recentres: recentres, name: name)
    case .layers: LayerAttentionClassifier(radii: radii, recentres: recentres, name: name)
    case .sections: SectionsClassifier(radii: radii, name: name)
    case .kriging: KrigingClassifier(radii: radii, name: name)
    }
  }
}
