import NIOSSL
import Network

/// Certificates made by the openssl program: two authorities, and a server's certificate from the first of them.
struct Certificates {
    let folder: TemporaryFolder
    var authority: String { folder.path + "/ca.pem" }
    var otherAuthority: String { folder.path + "/other.pem" }

    /// `names` as openssl writes them: `DNS:a.test,IP:127.0.0.1`.
    init(names: String) throws {
        folder = try TemporaryFolder()
        for name in ["ca", "other"] {
            try Self.openssl(
                ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
                    + ["-subj", "/CN=\(name)", "-addext", "basicConstraints=critical,CA:TRUE"]
                    + ["-keyout", "\(folder.path)/\(name).key", "-out", "\(folder.path)/\(name).pem"])
        }
        try folder.write("names", "subjectAltName=\(names)\nextendedKeyUsage=serverAuth\n")
        let path = folder.path
        try Self.openssl(
            ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=server"]
                + ["-keyout", path + "/server.key", "-out", path + "/server.csr"])
        try Self.openssl(
            ["x509", "-req", "-in", path + "/server.csr", "-CA", path + "/ca.pem", "-CAkey", path + "/ca.key"]
                + ["-CAcreateserial", "-days", "2", "-extfile", path + "/names", "-out", path + "/server.pem"])
    }

    /// A redis-server that speaks TLS alone.
    func server() throws -> RedisServer {
        try RedisServer(
            ["--tls-cert-file", folder.path + "/server.pem", "--tls-key-file", folder.path + "/server.key"]
                + ["--tls-ca-cert-file", authority, "--tls-auth-clients", "no"],
            tls: ["--tls", "--insecure"])
    }

    func context(trusting path: String) throws -> NIOSSLContext {
        try TLSContexts(certFile: path).client(caPath: nil, verify: true)
    }

    private static func openssl(_ arguments: [String]) throws {
        try ChildProcess.run("/usr/bin/openssl", arguments)
    }
}
