/// The `share` (0 to 1) quantile of ascending numbers, interpolated linearly as numpy does.
public func quantile(_ ascending: [Double], _ share: Double) -> Double {
  guard let last = ascending.last else { return .nan }
  let position = min(1, max(0, share)) * Double(ascending.count - 1)
  let low = Int(position)
  guard low + 1 < ascending.count else { return last }
  return ascending[low] + (ascending[low + 1] - ascending[low]) * (position - Double(low))
}
