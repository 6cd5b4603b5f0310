import ConfigSchema

extension Configuration {
    /// The largest configuration that is read, in bytes.
    package static let sizeLimit = 1_048_576

    /// Reads and checks a configuration; the environment is the one that `${…}` refers to.
    package static func load(
        _ source: ConfigurationSource, environment: [String: String], files: FileAccess = .system
    ) throws(ConfigurationFailure) -> Configuration {
        let bytes: [UInt8]
        switch source {
        case .text(let text, _): bytes = Array(text.utf8)
        case .file(let path): bytes = try read(path, files)
        }
        guard bytes.count <= sizeLimit else { throw .tooLarge(name: source.name, limit: sizeLimit) }
        guard
            var reading = Reading<Configuration>(
                bytes, name: source.name, environment: environment, words: ForeignWords.all)
        else { throw .notUTF8(name: source.name) }
        guard !reading.isEmpty else { throw .empty(name: source.name) }
        checkFiles(&reading, files)
        let diagnostics = reading.diagnostics()
        guard diagnostics.isEmpty else { throw .invalid(diagnostics) }
        return reading.value
    }

    private static func read(_ path: String, _ files: FileAccess) throws(ConfigurationFailure) -> [UInt8] {
        do throws(FileAccess.Failure) {
            return try files.read(path, sizeLimit)
        } catch {
            switch error {
            case .missing: throw .missing(path: path)
            case .isDirectory: throw .directory(path: path)
            case .tooLarge: throw .tooLarge(name: path, limit: sizeLimit)
            case .unreadable(let number): throw .unreadable(path: path, reason: FileAccess.Failure.words(number))
            }
        }
    }

    /// Files that settings name have to be there at start, not at the first request.
    private static func checkFiles(_ reading: inout Reading<Configuration>, _ files: FileAccess) {
        var problems: [String: String?] = [:]
        for (index, bucket) in reading.value.buckets.enumerated() {
            guard let path = bucket.s3.tls.caPath else { continue }
            let problem = problems[path] ?? certificateProblem(path, files)
            problems[path] = problem
            if let problem { reading.error(at: "buckets[\(index)].s3.tls.ca_path", problem) }
        }
        checkKeyFiles(of: reading.value.jwt, at: "jwt", &reading, files)
        for (index, bucket) in reading.value.buckets.enumerated() {
            let own = bucket.auth.jwt.applied(to: JWTSettings())
            checkKeyFiles(of: own, at: "buckets[\(index)].auth.jwt", &reading, files)
        }
    }

    /// Whether they hold keys is for those to say who read them as such.
    private static func checkKeyFiles(
        of jwt: JWTSettings, at section: String, _ reading: inout Reading<Configuration>, _ files: FileAccess
    ) {
        let paths =
            [("rsa_public_key_path", jwt.rsaPublicKeyPath), ("ecdsa_public_key_path", jwt.ecdsaPublicKeyPath)]
            + jwt.keys.enumerated().map { ("keys[\($0)].path", $1.path) }
        for (key, path) in paths {
            guard let path, let problem = problem(path, files) else { continue }
            reading.error(at: "\(section).\(key)", problem)
        }
    }

    private static func problem(_ path: String, _ files: FileAccess) -> String? {
        do throws(FileAccess.Failure) {
            _ = try files.read(path, sizeLimit)
            return nil
        } catch {
            return error.finding
        }
    }

    private static func certificateProblem(_ path: String, _ files: FileAccess) -> String? {
        do throws(FileAccess.Failure) {
            let bytes = try files.read(path, 16 * sizeLimit)
            let isPEM = String(decoding: bytes, as: UTF8.self).contains("-----BEGIN CERTIFICATE-----")
            return isPEM ? nil : "names a file without a PEM certificate"
        } catch {
            return error.finding
        }
    }
}

extension FileAccess.Failure {
    /// Continues the name of the setting that names the file.
    fileprivate var finding: String {
        switch self {
        case .missing: "names a file that is not there"
        case .isDirectory: "names a directory"
        case .tooLarge: "names a file that is too large"
        case .unreadable(let number): "names a file that cannot be read: \(FileAccess.Failure.words(number))"
        }
    }
}
