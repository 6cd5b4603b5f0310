import NIOConcurrencyHelpers
import NIOCore
import NIOSSL

/// Makes and keeps the TLS contexts for connections to origins; one instance in a process.
///
/// Reading a bundle of trusted certificates takes tens of milliseconds and blocks on the disk, so a context is made
/// once for each pair of settings and again when its file changes. TLS 1.2 is the oldest version offered.
package final class TLSContexts: Sendable {
    /// Where distributions keep their bundle, in the order of asking: Debian and Alpine, Fedora, SUSE, old RHEL, BSD
    /// and Alpine.
    package static let bundlePaths = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem",
    ]

    private struct Key: Hashable {
        /// Nil: nobody need be trusted.
        var path: String?
        var stamp: FileStamp?
    }

    /// A context for each file that buckets name; far more than any configuration has.
    private static let limit = 64

    private let certFile: String?
    private let paths: [String]
    private let contexts = NIOLockedValueBox<[Key: NIOSSLContext]>([:])

    /// `certFile` is the environment's SSL_CERT_FILE, which comes before `paths`.
    package init(certFile: String?, bundlePaths paths: [String] = TLSContexts.bundlePaths) {
        self.certFile = certFile.flatMap { $0.isEmpty ? nil : $0 }
        self.paths = paths
    }

    /// The context for origins whose certificate must lead to a root in `caPath` (PEM), or in the system's bundle when
    /// nil.
    ///
    /// With `verify` false any certificate passes, for any name. May block on the disk: call it while an origin is set
    /// up, not for each request. Throws `noTrustRoots` when no bundle is found, `unusableTrustRoots` when one cannot be
    /// read.
    package func client(caPath: String?, verify: Bool) throws(TLSFailure) -> NIOSSLContext {
        var key = Key()
        if verify {
            let path: String
            if let caPath { path = caPath } else { path = try systemBundle() }
            guard let stamp = FileStamp(path: path) else { throw .unusableTrustRoots }
            key = Key(path: path, stamp: stamp)
        }
        if let known = contexts.withLockedValue({ $0[key] }) { return known }
        let made = try Self.make(key.path)
        contexts.withLockedValue { contexts in
            for old in contexts.keys where old.path == key.path { contexts[old] = nil }
            if contexts.count < Self.limit { contexts[key] = made }
        }
        return made
    }

    private func systemBundle() throws(TLSFailure) -> String {
        if let certFile { return certFile }
        guard let path = paths.first(where: { FileStamp(path: $0) != nil }) else { throw .noTrustRoots }
        return path
    }

    private static func make(_ path: String?) throws(TLSFailure) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let path {
            configuration.trustRoots = .file(path)
        } else {
            configuration.certificateVerification = .none
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw .unusableTrustRoots
        }
    }
}
