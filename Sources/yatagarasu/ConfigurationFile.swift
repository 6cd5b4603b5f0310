import ArgumentParser
import Authentication
import ConfigSchema
import Glibc
import Settings

/// Finds and reads the configuration that a command line means (CFG-1, SHIP-2).
enum ConfigurationFile {
    static func load(_ path: String?) throws -> (Configuration, String) {
        let source = ConfigurationSource.choose(named: path)
        do throws(ConfigurationFailure) {
            let configuration = try Configuration.load(source, environment: Environment.all)
            return (configuration, source.name)
        } catch {
            Terminal.complain(error.description)
            throw ExitCode(1)
        }
    }

    /// What `--test` does with a file that was read: looks for what else would hinder a start, and prints the summary.
    static func test(_ configuration: Configuration, _ source: String) throws {
        let problems = Assembly.problems(of: configuration, keys: KeyLoader(environment: Environment.all))
        for problem in problems.prefix(Diagnostic.limit) { Terminal.complain("Error: \(problem.explanation)") }
        guard problems.isEmpty else { throw ExitCode(1) }
        for place in AuthenticationPlan.weakSecrets(of: configuration) {
            Terminal.complain("Warning: \(place): a secret for tokens is shorter than its hash and can be guessed")
        }
        try Terminal.print(summary(configuration, source))
    }

    /// What `--test` prints for a good file (CFG-7).
    private static func summary(_ configuration: Configuration, _ source: String) -> String {
        let server = configuration.server
        let address = server.address.text
        let place = address.contains(":") ? "[\(address)]" : address
        var lines = [
            "Configuration is valid:", "  Version: \(Version.text)", "  Config file: \(source)",
            "  Listen address: \(place):\(server.port)", "  Buckets configured: \(configuration.buckets.count)",
        ]
        lines += configuration.buckets.map { "    \($0.name) at \($0.pathPrefix)" }
        let guarded = configuration.buckets.filter(\.auth.isEnabled)
        let open = configuration.buckets.filter { !$0.auth.isEnabled }.map(\.name)
        lines.append("  JWT enabled: \(configuration.jwt.isEnabled || !guarded.isEmpty)")
        let names = guarded.map { bucket in
            let mode = bucket.auth.opensWhenUndecided ? ", open when it cannot be asked" : ""
            return "\(bucket.name) (\(bucket.auth.provider)\(mode))"
        }
        if !names.isEmpty { lines.append("  Private buckets: " + names.joined(separator: ", ")) }
        if !open.isEmpty { lines.append("  Public buckets: " + open.joined(separator: ", ")) }
        return lines.joined(separator: "\n")
    }
}

/// The process environment.
enum Environment {
    static var all: [String: String] {
        var result: [String: String] = [:]
        var entry = unsafe environ
        while let text = unsafe entry.pointee {
            let pair = unsafe String(cString: text)
            if let equals = pair.firstIndex(of: "=") {
                result[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
            }
            unsafe entry += 1
        }
        return result
    }
}
