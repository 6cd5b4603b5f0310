import NIOCore

/// A value beside the constant message of a log line.
package enum LogValue: Sendable {
    case string(String)
    /// Bytes from outside; what is not UTF-8 becomes U+FFFD.
    case bytes(ByteBuffer)
    case int(Int)
    case bool(Bool)
    /// Written as milliseconds with three decimals.
    case duration(Duration)
}

extension LogValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int) { self = .int(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
}
