import ConfigSchema
import Exchange
import NIOConcurrencyHelpers
import NIOCore
import Network
import Settings
import Telemetry

@testable import Authentication

/// One authenticator on a loop of its own, with a clock that a test sets.
final class Desk: Sendable {
    private let group: ReactorGroup
    let seat: NIOLoopBound<Authenticator>
    let registry = MetricRegistry(loops: 1, cellsPerShard: 4_096)
    private let clock = NIOLockedValueBox<Int64>(1_000_000)

    var now: Int64 {
        get { clock.withLockedValue { $0 } }
        set { clock.withLockedValue { $0 = newValue } }
    }

    init(_ settings: JWTSettings, environment: [String: String] = [:], keySet: KeySetSource? = nil) async throws {
        group = try ReactorGroup(threads: 1)
        let loop = group.loops[0]
        let (registry, clock) = (registry, clock)
        let keys = try KeyLoader(environment: environment).load(settings)
        seat = try await loop.submit {
            let context = LoopContext(eventLoop: loop, index: 0, seed: (1, 2, 3, 4))
            return NIOLoopBound(
                Authenticator(
                    settings, claims: settings.claims, keys: keys, keySet: keySet,
                    cacheLimit: settings.tokenCacheMaxEntries, loop: context,
                    metrics: TokenMetrics(registry: registry, shard: 0)
                ) { clock.withLockedValue { $0 } },
                eventLoop: loop)
        }.get()
    }

    /// Whom the request's token names; nil when an unknown key has to be asked for.
    func ask(_ lines: String = "", query: String? = nil) async throws -> Result<String?, AuthenticationFailure> {
        let seat = seat
        return try await seat.eventLoop.submit {
            do throws(AuthenticationFailure) {
                let principal = try seat.value.principal(of: Self.request(lines, query))
                return .success(principal.map { $0.subject.map { String(buffer: $0) } ?? "" })
            } catch {
                return .failure(error)
            }
        }.get()
    }

    func bearer(_ token: String) async throws -> Result<String?, AuthenticationFailure> {
        try await ask("Authorization: Bearer \(token)")
    }

    func end() async throws { try await group.shutdownGracefully() }

    /// What it costs to be known: look-ups that found the token and those that did not.
    var cacheCounts: [UInt64] {
        [CounterFamily.jwtCacheHits, .jwtCacheMisses].map { registry.total(registry.counter($0)) }
    }

    private static func request(_ lines: String, _ query: String?) -> Request {
        var head = RequestHead()
        var block = FieldBlock()
        for line in lines.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            let (name, value) = (String(parts[0]), String(parts[1].drop { $0 == " " }))
            let start = block.bytes.readableBytes
            block.bytes.writeString(name + value)
            block.entries.append(
                FieldBlock.Entry(
                    name: unsafe FieldName.recognise(name.utf8.span.bytes), nameStart: UInt32(start),
                    nameLength: UInt32(name.utf8.count), valueStart: UInt32(start + name.utf8.count),
                    valueLength: UInt32(value.utf8.count)))
        }
        head.fields = block
        head.query = query.map { ByteBuffer(string: $0) }
        return Request(
            head: head, id: RequestID(random: 1, 2), from: Client(peer: nil), received: .now(),
            deadline: .now() + .seconds(5), body: nil, cancellation: Cancellation())
    }
}

extension JWTSettings {
    static func hs256(_ change: (inout JWTSettings) -> Void = { _ in }) -> JWTSettings {
        var settings = JWTSettings()
        settings.isEnabled = true
        settings.secret = Secret(Mint.secret)
        change(&settings)
        return settings
    }
}
