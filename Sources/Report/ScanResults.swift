/// The effects of perturbing each of many genes.
public struct ScanResults: Sendable {
  /// A column of the ranking.
  public struct Column: Sendable {
    public enum Values: Sendable {
      case numbers([Double])
      case texts([String])
    }

    public var title: String
    /// What it means, for those who ask.
    public var help: String
    public var values: Values
    /// Whether small values are the remarkable ones, as of p and q.
    public var smallFirst: Bool

    public init(_ title: String, help: String, values: Values, smallFirst: Bool = false) {
      self.title = title
      self.help = help
      self.values = values
      self.smallFirst = smallFirst
    }
  }

  /// A number for every domain and gene.
  public struct Measure: Sendable {
    public var title: String
    public var help: String
    /// A list a domain, in it a number a gene.
    public var values: [[Double]]
    public var smallFirst: Bool

    public init(_ title: String, help: String, values: [[Double]], smallFirst: Bool = false) {
      self.title = title
      self.help = help
      self.values = values
      self.smallFirst = smallFirst
    }
  }

  /// What was done to each gene, in words.
  public var summary: String
  public var genes: [String]
  public var columns: [Column]
  public var domains: [String]
  /// By domain; the first is the change of the domain's mean probability, by which genes are ranked for one: those that
  /// take most of it away come first. Empty where `domains` is.
  public var measures: [Measure]
  /// The column the ranking begins with; -1: the genes' names.
  public var sortedBy: Int

  public init(
    summary: String, genes: [String], columns: [Column], domains: [String], measures: [Measure], sortedBy: Int
  ) {
    self.summary = summary
    self.genes = genes
    self.columns = columns
    self.domains = domains
    self.measures = measures
    self.sortedBy = sortedBy
  }
}
