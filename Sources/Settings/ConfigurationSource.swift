/// Where a configuration comes from.
package enum ConfigurationSource: Sendable, Equatable {
    case file(path: String)
    case text(String, name: String)

    /// The configuration that the binary holds, driven by the environment (SHIP-2).
    package static let bundled = ConfigurationSource.text(DefaultConfiguration.text, name: "default configuration")

    /// CFG-1: the named file; else `config.yaml` when there is anything of that name; else the bundled default.
    package static func choose(named path: String?, files: FileAccess = .system) -> ConfigurationSource {
        if let path { return .file(path: path) }
        do throws(FileAccess.Failure) {
            _ = try files.read("config.yaml", 0)
        } catch .missing {
            return .bundled
        } catch {}
        return .file(path: "config.yaml")
    }

    /// What diagnostics and the start-up log call it.
    package var name: String {
        switch self {
        case .file(let path): path
        case .text(_, let name): name
        }
    }
}
