import NIOCore

/// How names are resolved: where the system's files lie, how long to try, what to keep.
package struct ResolverSettings: Sendable {
    /// Name servers as `address:port`, instead of those of resolv.conf.
    package var servers: [String] = []
    package var resolvConfPath = "/etc/resolv.conf"
    package var hostsPath = "/etc/hosts"
    /// The first wait for an answer; doubles with each round over all servers.
    package var queryTimeout: TimeAmount = .seconds(2)
    /// Rounds over all servers.
    package var tries = 3
    package var limits = ResolutionLimits()

    package init() {}
}

/// The bounds of the resolver's memory and of its answers' age.
package struct ResolutionLimits: Sendable {
    /// Names kept.
    package var entries = 1_024
    /// Names asked for, or about to be, at one time.
    package var questions = 1_024
    /// Names that the name servers are asked for at one time; more would overrun a server's socket and be lost.
    package var asked = 64
    /// Tasks that wait at one time.
    package var waiters = 16_384
    /// A record's TTL is raised and lowered to these bounds.
    package var shortestTTL: TimeAmount = .seconds(1)
    package var longestTTL: TimeAmount = .minutes(5)
    /// How long an address of the hosts file is kept.
    package var hostsTTL: TimeAmount = .seconds(30)
    /// How long a failure is remembered.
    package var failureTTL: TimeAmount = .seconds(1)
    /// How long after its end an answer may still be used while no new one can be had (RFC 8767).
    package var staleFor: TimeAmount = .minutes(5)
    /// How long a caller waits for a new answer before an old one is used ("client response timer" of RFC 8767 §5).
    package var stalePatience: TimeAmount = .milliseconds(500)

    package init() {}
}
