import ConfigSchema

/// Why there is no configuration; `description` is what the program writes to standard error before it ends with 1.
package enum ConfigurationFailure: Error, Equatable, Sendable, CustomStringConvertible {
    case missing(path: String)
    case unreadable(path: String, reason: String)
    case directory(path: String)
    case empty(name: String)
    case notUTF8(name: String)
    case tooLarge(name: String, limit: Int)
    case invalid([Diagnostic])

    package var description: String {
        switch self {
        case .missing(let path): "Error: Configuration file not found: \(path)"
        case .unreadable(let path, let reason): "Error: Configuration file cannot be read: \(path): \(reason)"
        case .directory(let path): "Error: Configuration file is a directory: \(path)"
        case .empty(let name): "Error: Configuration file is empty: \(name)"
        case .notUTF8(let name): "Error: Configuration file is not UTF-8: \(name)"
        case .tooLarge(let name, let limit): "Error: Configuration file is larger than \(limit) bytes: \(name)"
        case .invalid(let diagnostics): diagnostics.map(\.description).joined(separator: "\n")
        }
    }
}
