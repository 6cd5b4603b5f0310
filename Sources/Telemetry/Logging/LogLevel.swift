/// How much a log line matters; a log writes the lines of its own level and above.
package enum LogLevel: UInt8, Sendable, Comparable, CaseIterable {
    case debug, info, warn, error

    package static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }

    var name: StaticString {
        switch self {
        case .debug: "DEBUG"
        case .info: "INFO"
        case .warn: "WARN"
        case .error: "ERROR"
        }
    }
}

/// The form of a log line.
package enum LogFormat: UInt8, Sendable, CaseIterable {
    /// One JSON object (RFC 8259).
    case json
    /// `TIME LEVEL message key=value …`, values quoted where they need it.
    case text
}
