import Glibc
import NIOCore

@testable import Network

/// A real dnsmasq on a free port of 127.0.0.1, answering for the zone `test` and refusing everything else.
struct NameServer: Sendable {
    let port: Int
    let folder: TemporaryFolder
    private let process: ChildProcess

    /// `hosts` holds lines of `address name`, answered with a TTL of `ttl` seconds; `options` are dnsmasq's own.
    init(hosts: String = "", ttl: Int = 60, options: [String] = []) async throws {
        folder = try TemporaryFolder()
        port = try freePort()
        let records = try folder.write("records", hosts)
        process = try ChildProcess(
            "/usr/sbin/dnsmasq",
            [
                "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user=root",
                "--pid-file=\(folder.path)/pid", "--listen-address=127.0.0.1", "--bind-interfaces", "--port=\(port)",
                "--addn-hosts=\(records)", "--local-ttl=\(ttl)", "--local=/test/", "--cache-size=0",
                "--host-record=ready.test,127.0.0.1",
            ] + options, log: folder.path + "/log")
        try await waitUntilReady()
    }

    var address: String { "127.0.0.1:\(port)" }

    /// Settings that ask this server alone; a file of the folder stands for resolv.conf and none for /etc/hosts.
    func settings(resolvConf: String = "options ndots:1\n", hosts: String = "") throws -> ResolverSettings {
        var settings = ResolverSettings()
        settings.servers = [address]
        settings.resolvConfPath = try folder.write("resolv.conf", resolvConf)
        settings.hostsPath = try folder.write("hosts", hosts)
        settings.queryTimeout = .milliseconds(500)
        settings.tries = 2
        return settings
    }

    /// Replaces the records and makes the server read them.
    func change(hosts: String) throws {
        try folder.write("records", hosts)
        process.signal(SIGHUP)
    }

    /// What the server has written; its queries with `--log-queries`.
    func readLog() -> String? {
        HostsFile.readFile(folder.path + "/log", limit: 1 << 20).map { String(decoding: $0, as: UTF8.self) }
    }

    func stop() throws {
        process.stop()
        try folder.remove()
    }

    private func waitUntilReady() async throws {
        let settings = try settings()
        for _ in 0..<200 {
            let resolver = try NameResolver(settings)
            if await failure(of: { () async throws(ResolutionFailure) in try await resolver.resolve("ready.test") })
                == nil
            {
                return
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw ChildProcess.Failure.failed(status: -1)
    }
}
