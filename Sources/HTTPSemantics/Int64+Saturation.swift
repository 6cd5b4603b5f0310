/// Arithmetic on times that stops at the greatest and the least number: a peer's field must not overflow it.
extension Int64 {
    func adding(_ other: Int64) -> Int64 {
        let (sum, isBeyond) = addingReportingOverflow(other)
        return isBeyond ? (other < 0 ? .min : .max) : sum
    }

    func subtracting(_ other: Int64) -> Int64 {
        let (difference, isBeyond) = subtractingReportingOverflow(other)
        return isBeyond ? (other < 0 ? .max : .min) : difference
    }

    /// These seconds in milliseconds.
    var inMilliseconds: Int64 {
        let (product, isBeyond) = multipliedReportingOverflow(by: 1_000)
        return isBeyond ? (self < 0 ? .min : .max) : product
    }
}
