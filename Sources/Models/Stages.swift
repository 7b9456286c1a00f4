import Autodiff
import Glibc
import StomicsCore

/// What a pass keeps of the variables on its way; those that the mode does not have stay nil.
final class ModelTrace {
  var own: Variable?
  var spatial: Variable?
  var image: Variable?
  var fused: Variable?
  var gateLogits: Variable?
  var imageGateLogits: Variable?
}

/// What a model makes of the spots from one part to the next.
public struct ModelStages: Sendable, Equatable {
  /// A part whose output can be looked at.
  public enum Stage: String, Sendable, Codable, CaseIterable {
    /// The spot's own genes, or the embedding in their place.
    case expression
    /// The graph encoder's output.
    case graph
    /// The image encoder's.
    case image
    /// Own and graph (or image) fused.
    case fused
    /// What the classifier sees, where that is not one of the others.
    case final
  }

  /// A gate between two parts: g of the first and 1 − g of the second, for each of D numbers.
  public struct Gate: Sendable, Equatable {
    public let first: Stage
    public let second: Stage
    /// g, `[N, D]`, 0 to 1.
    public let values: Matrix
  }

  /// `[N, D]` each, in the order of the model.
  public let embeddings: [(stage: Stage, values: Matrix)]
  public let gates: [Gate]

  public static func == (a: Self, b: Self) -> Bool {
    a.gates == b.gates && a.embeddings.map(\.stage) == b.embeddings.map(\.stage)
      && a.embeddings.map(\.values) == b.embeddings.map(\.values)
  }
}

extension Model {
  /// The embeddings of every spot after each part of the model, and the values of its gates, without dropout.
  public func stages(_ data: ModelData) -> ModelStages {
    let tape = Tape()
    tape.beginEvaluation()
    let trace = ModelTrace()
    let output = finish(tape, prefix(tape, data), data, data.select(), trace: trace)
    let parts: [(ModelStages.Stage, Variable?)] = [
      (.expression, trace.own), (.graph, trace.spatial), (.image, trace.image), (.fused, trace.fused),
    ]
    var embeddings = parts.compactMap { stage, variable in variable.map { (stage: stage, values: tape.value($0)) } }
    let last = tape.value(output.embeddings)
    if embeddings.last?.values != last { embeddings.append((.final, last)) }
    func gate(_ first: ModelStages.Stage, _ second: ModelStages.Stage, _ logits: Variable?) -> ModelStages.Gate? {
      logits.map {
        var values = tape.value($0)
        for i in values.values.indices { values.values[i] = 1 / (1 + expf(-values.values[i])) }
        return ModelStages.Gate(first: first, second: second, values: values)
      }
    }
    let gates = [
      gate(.expression, trace.spatial == nil ? .image : .graph, trace.gateLogits),
      gate(.fused, .image, trace.imageGateLogits),
    ]
    return ModelStages(embeddings: embeddings, gates: gates.compactMap { $0 })
  }
}
