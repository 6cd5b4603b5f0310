import Admission
import Authentication
import Authorization
import Cache
import Exchange
import NIOCore
import Network
import Resilience
import Settings
import Telemetry
import Upstream

/// What every journey of one loop shares: the routes, the origins behind them, the limit of concurrent requests.
package final class Corridor {
    package let routes: RouteTable
    package let buckets: [Bucket]
    /// Requests in flight, their transfer included; shared by all loops.
    package let gate: ConcurrencyGate
    package let limits: SecurityLimitsSettings
    /// Who may call `/admin/`; nil for nobody.
    package let admin: Authenticator?
    /// Shared by all loops; nil when nothing is limited.
    let rateLimits: RateLimits?
    let trustedProxies: AddressSet
    /// Whether some bucket has address lists or a rate limit.
    let hasGuardedBuckets: Bool
    /// Milliseconds since the epoch.
    let wallClock: @Sendable () -> Int64
    /// Stale responses that one loop renews in the background at a time.
    let maxRefreshes: Int

    package init(
        routes: RouteTable, buckets: [Bucket], gate: ConcurrencyGate, server: ServerSettings, rateLimits: RateLimits?,
        admin: Authenticator?, wallClock: @escaping @Sendable () -> Int64
    ) {
        self.wallClock = wallClock
        maxRefreshes = max(1, server.maxConcurrentRequests / 4)
        self.admin = admin
        self.routes = routes
        self.buckets = buckets
        self.gate = gate
        self.limits = server.securityLimits
        self.rateLimits = rateLimits
        trustedProxies = AddressSet(server.trustedProxies)
        hasGuardedBuckets = buckets.contains { $0.addressFilter != nil || $0.rateLimit != nil }
    }

    /// One bucket on one loop.
    package final class Bucket {
        package let nameBytes: ByteBuffer
        package let settings: BucketSettings
        package let origin: BucketOrigin
        package let cors: CORS
        /// nil where everybody may read.
        package let authenticator: Authenticator?
        /// Whoever decides who may read; nil where a good token is enough, or none is asked for.
        package let authorizer: (any Authorizer)?
        /// nil where nothing is kept.
        package let cache: BucketCache?
        let addressFilter: AddressFilter?
        let rateLimit: BucketLimit?

        package init(
            settings: BucketSettings, origin: BucketOrigin, authenticator: Authenticator?,
            authorizer: (any Authorizer)?, cache: BucketCache?, rateLimit: BucketLimit?
        ) {
            self.cache = cache
            self.authenticator = authenticator
            self.nameBytes = ByteBuffer(string: settings.name)
            self.settings = settings
            self.origin = origin
            self.cors = CORS(settings.cors)
            self.authorizer = authorizer
            addressFilter = AddressFilter(settings.ipFilter)
            self.rateLimit = rateLimit
        }
    }
}

/// Answers the proxy's own paths (`/health`, `/ready`, `/metrics`), which win over every bucket and pass every limit
/// (LIM-3). It never waits.
package protocol Desk: AnyObject {
    /// nil when the path is none of its own.
    func answer(_ request: Request) -> Answer?
}

/// What a journey gives to its client.
package struct Answer {
    package enum Body {
        /// The whole body; `Content-Length` is its size.
        case bytes(ByteBuffer)
        /// Pulled from a source.
        case stream(any BodySource, ResponseFraming)
        /// No body is sent, whatever the framing says (HEAD, 304).
        case absent(ResponseFraming)
    }

    package var head: ResponseHead
    package var body: Body

    package init(_ head: ResponseHead, _ body: Body) {
        self.head = head
        self.body = body
    }

    /// Whether it can be given to the door at once, since what the client does not take is shared memory or little.
    var isShort: Bool {
        switch body {
        case .bytes(let bytes): bytes.readableBytes <= Self.shortAtMost
        case .absent: true
        case .stream: false
        }
    }

    private static var shortAtMost: Int { 256 * 1024 }

    /// The body's bytes when it is whole.
    var bytes: ByteBuffer {
        if case .bytes(let bytes) = body { return bytes }
        return ByteBuffer()
    }
}

/// What is learnt on the way and recorded at its end.
struct Trip {
    let received: NIODeadline
    /// It has a place among the concurrent requests.
    var isCounted = false
    var bucket: Int?
    /// The decoded path; the key is what follows `keyStart`.
    var path: [UInt8] = []
    var keyStart = 0
    /// Whom a good token names.
    var user: ByteBuffer?
    /// What decides who may read: `jwt`, `opa`, `openfga`; nil in a public bucket.
    var decider: StaticString?
    /// Why nobody could decide, where `fail_mode: open` let the request pass all the same.
    var openReason: String?
    /// What the cache did; nil where none took part.
    var cacheNote: CacheNote?
    var cacheOutcome: CacheOutcome?
    /// The name of the tier that had the response.
    var cacheTier: StaticString?
    var status: UInt16 = 0
    var fault: Fault?
    var originStatus: UInt16 = 0
    /// When the answer's head was given to the door.
    var headSent: NIODeadline?
    /// The client was gone before it had the whole answer.
    var hasClientLeft = false

    init(received: NIODeadline) { self.received = received }

    init(_ request: Request) { self.init(received: request.received) }
}
