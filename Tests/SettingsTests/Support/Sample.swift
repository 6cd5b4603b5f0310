import ConfigSchema
import Settings

/// A configuration of one bucket that loads, as paths and YAML values; a test changes what it is about.
struct Sample {
    private var leaves: [(path: String, value: String)] = [
        ("buckets[0].name", "products"), ("buckets[0].path_prefix", "/products"),
        ("buckets[0].s3.bucket", "example-products"), ("buckets[0].s3.access_key", "AKIAIOSFODNN7EXAMPLE"),
        ("buckets[0].s3.secret_key", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), ("buckets[0].auth.enabled", "false"),
    ]

    init() {}

    init(_ path: String, _ value: String?) {
        set(path, value)
    }

    /// Nil takes the key away.
    mutating func set(_ path: String, _ value: String?) {
        leaves.removeAll { $0.path == path || $0.path.hasPrefix(path + ".") || $0.path.hasPrefix(path + "[") }
        if let value { leaves.append((path, value)) }
    }

    func with(_ path: String, _ value: String?) -> Sample {
        var copy = self
        copy.set(path, value)
        return copy
    }

    /// The text, in flow style.
    var yaml: String { Self.yaml(leaves.map { ($0.path.split(separator: "."), $0.value) }) }

    private static func yaml(_ leaves: [(path: [Substring], value: String)]) -> String {
        var keys: [Substring] = []
        for leaf in leaves where !keys.contains(leaf.path[0]) { keys.append(leaf.path[0]) }
        let members = keys.map { key in
            let inner = leaves.filter { $0.path[0] == key }
            guard inner[0].path.count > 1 else { return "\(key): \(inner[0].value)" }
            let value = yaml(inner.map { (Array($0.path.dropFirst()), $0.value) })
            return key.hasSuffix("[0]") ? "\(key.dropLast(3)): [\(value)]" : "\(key): \(value)"
        }
        return "{" + members.joined(separator: ", ") + "}"
    }
}

/// What the loader says about a text; empty when it loads.
func complaints(
    about text: String, environment: [String: String] = [:], files: FileAccess = .system
) -> [Diagnostic] {
    do throws(ConfigurationFailure) {
        _ = try Configuration.load(.text(text, name: "config.yaml"), environment: environment, files: files)
        return []
    } catch {
        guard case .invalid(let diagnostics) = error else { return [] }
        return diagnostics
    }
}

/// What an operator reads when a text is refused.
func report(on text: String, environment: [String: String] = [:]) -> String {
    do throws(ConfigurationFailure) {
        _ = try Configuration.load(.text(text, name: "config.yaml"), environment: environment)
        return ""
    } catch {
        return error.description
    }
}

func load(_ sample: Sample, environment: [String: String] = [:]) throws(ConfigurationFailure) -> Configuration {
    try Configuration.load(.text(sample.yaml, name: "config.yaml"), environment: environment)
}
