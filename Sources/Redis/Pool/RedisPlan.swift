import NIOCore
import NIOSSL

/// Which server the connections of one client lead to, and how.
package struct RedisPlan: Sendable {
    package enum Place: Sendable, Equatable {
        case server(RedisAddress)
        case sentinel(SentinelPlan)
    }

    package var place: Place
    package var login: RedisLogin
    /// Nil for plain TCP; the sentinels are reached the same way.
    package var tls: NIOSSLContext?
    package var limits: RedisLimits

    package init(place: Place, login: RedisLogin, tls: NIOSSLContext?, limits: RedisLimits) {
        self.place = place
        self.login = login
        self.tls = tls
        self.limits = limits
    }
}

/// Who knows where the master is (Redis Sentinel).
package struct SentinelPlan: Sendable, Equatable {
    package var masterName: String
    /// Asked in this order, the one that answered last first.
    package var nodes: [RedisAddress]
    /// Nil when the sentinels ask for none.
    package var password: String?

    package init(masterName: String, nodes: [RedisAddress], password: String? = nil) {
        self.masterName = masterName
        self.nodes = nodes
        self.password = password
    }
}
