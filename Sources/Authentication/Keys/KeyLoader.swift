import ConfigSchema
import Settings

/// Makes keys of what the configuration names: secrets, files, environment variables.
package struct KeyLoader: Sendable {
    /// Which setting's key it is, and what is wrong with it.
    package struct Failure: Error, Equatable, Sendable {
        /// The key in the section: `keys[1].path`.
        package let setting: String
        /// The file that it names.
        package let path: String?
        package let reason: KeyFailure
    }

    private let files: FileAccess
    private let environment: [String: String]
    private static let sizeLimit = 1_048_576

    package init(files: FileAccess = .system, environment: [String: String]) {
        self.files = files
        self.environment = environment
    }

    /// The keys of a section but those of its key set, in the order of asking.
    package func load(_ settings: JWTSettings) throws(Failure) -> StaticKeys {
        var entries: [KeyRing.Entry] = []
        for (index, key) in settings.keys.enumerated() {
            entries.append(KeyRing.Entry(id: Array(key.id.utf8), key: try self.key(key, "keys[\(index)]")))
        }
        if let secret = settings.secret {
            let bytes = Array(secret.reveal().utf8)
            let key = try make("secret", nil) { () throws(KeyFailure) in
                try VerificationKey(secret: bytes, for: settings.algorithm)
            }
            entries.append(KeyRing.Entry(id: nil, key: key))
        }
        let files = [
            ("rsa_public_key_path", settings.rsaPublicKeyPath), ("ecdsa_public_key_path", settings.ecdsaPublicKeyPath),
        ]
        for (setting, path) in files {
            guard let path else { continue }
            let key = try make(setting, path) { () throws(KeyFailure) in
                try self.key(of: read(path), settings.algorithm)
            }
            entries.append(KeyRing.Entry(id: nil, key: key))
        }
        return StaticKeys(entries: entries)
    }

    private func key(_ settings: JWTKeySettings, _ place: String) throws(Failure) -> VerificationKey {
        if let secret = settings.secret {
            return try make("\(place).secret", nil) { () throws(KeyFailure) in
                try VerificationKey(secret: Array(secret.reveal().utf8), for: settings.algorithm)
            }
        }
        if let path = settings.path {
            return try make("\(place).path", path) { () throws(KeyFailure) in
                try self.key(of: read(path), settings.algorithm)
            }
        }
        return try make("\(place).env", nil) { () throws(KeyFailure) in
            let name = settings.env ?? ""
            guard let text = environment[name], !text.isEmpty else { throw .variableUnset(name) }
            return try self.key(of: Array(text.utf8), settings.algorithm)
        }
    }

    /// A line break at the end of a secret's file is the editor's.
    private func key(of bytes: [UInt8], _ algorithm: Algorithm) throws(KeyFailure) -> VerificationKey {
        guard algorithm.isSymmetric else {
            return try VerificationKey(pem: String(decoding: bytes, as: UTF8.self), for: algorithm)
        }
        var secret = bytes
        while let last = secret.last, last == 0x0A || last == 0x0D { secret.removeLast() }
        return try VerificationKey(secret: secret, for: algorithm)
    }

    private func read(_ path: String) throws(KeyFailure) -> [UInt8] {
        do throws(FileAccess.Failure) {
            return try files.read(path, Self.sizeLimit)
        } catch {
            throw .unreadable
        }
    }

    private func make(
        _ setting: String, _ path: String?, _ key: () throws(KeyFailure) -> VerificationKey
    ) throws(Failure) -> VerificationKey {
        do throws(KeyFailure) {
            return try key()
        } catch {
            throw Failure(setting: setting, path: path, reason: error)
        }
    }
}

/// Keys that only change with the configuration.
package struct StaticKeys: Sendable {
    let entries: [KeyRing.Entry]
}
