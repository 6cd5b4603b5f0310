import Exchange
import NIOCore
import Network
import Settings
import Telemetry
import Transport

/// Fetches one issuer's key set: at the start, when it grows old, when it is asked to, and again after a failure.
/// Bound to one loop.
package final class KeySetFetcher {
    /// The largest key set that is read, in bytes.
    private static let sizeLimit = 1_048_576
    private static let firstPause = TimeAmount.seconds(1)
    private static let longestPause = TimeAmount.seconds(60)

    private let source: KeySetSource
    private let settings: JWTSettings
    private let url: ServiceURL
    private let pool: OriginPool
    private let loop: LoopContext
    private let log: Log?
    private let registry: MetricRegistry
    private var pause = KeySetFetcher.firstPause
    private var timer: Scheduled<Void>?
    /// The text of the last good set.
    private var lastSet: [UInt8]?
    private var hasEnded = false

    /// `pool` leads to the host of `url`.
    package init(
        source: KeySetSource, settings: JWTSettings, url: ServiceURL, pool: OriginPool, loop: LoopContext,
        registry: MetricRegistry, log: Log?
    ) {
        self.source = source
        self.settings = settings
        self.url = url
        self.pool = pool
        self.loop = loop
        self.registry = registry
        self.log = log
    }

    /// Begins the first fetch.
    package func start() {
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        source.setStart { bound.eventLoop.execute { bound.value.fetch() } }
        source.refresh()
    }

    package func end() {
        hasEnded = true
        source.setStart(nil)
        timer?.cancel()
        pool.shutDown()
    }

    private func fetch() {
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        Task.immediate(executorPreference: loop.executor) { await bound.value.run() }
    }

    private func run() async {
        let outcome = await ask()
        let host = LogValue.string(url.host)
        switch outcome {
        case .success(nil):
            count("success")
            pause = Self.firstPause
            source.fetched(nil)
            schedule(TimeAmount(settings.jwksRefreshInterval))
        case .success(let entries?):
            count("success")
            pause = Self.firstPause
            // An issuer may withdraw all of its keys.
            if entries.isEmpty {
                log?.warn("the key set holds no key for the configured algorithm", ["issuer_host": host])
            } else {
                log?.info("key set fetched", ["issuer_host": host, "keys": .int(entries.count)])
            }
            source.fetched(entries)
            schedule(TimeAmount(settings.jwksRefreshInterval))
        case .failure(let failure):
            count("failure")
            log?.warn(
                source.isLoaded ? "key set cannot be fetched; the last one stays" : "key set cannot be fetched",
                ["issuer_host": host, "reason": .string(failure.reason)])
            source.fetched(nil)
            schedule(min(pause, TimeAmount(settings.jwksRefreshInterval)))
            pause = min(pause * 2, Self.longestPause)
        }
    }

    private func count(_ result: String) {
        registry.shared.add(registry.counter(.jwksFetches, labels: [result]))
    }

    private func schedule(_ delay: TimeAmount) {
        guard !hasEnded else { return }
        timer?.cancel()
        let source = source
        timer = loop.eventLoop.scheduleTask(in: delay) { source.refresh() }
    }

    private struct FetchFailure: Error { let reason: String }

    /// The issuer's keys; nil when they are what they were.
    private func ask() async -> Result<[KeyRing.Entry]?, FetchFailure> {
        var head = ByteBuffer()
        head.writeString("GET \(url.target) HTTP/1.1\r\nHost: \(url.authority)\r\nAccept: application/json\r\n\r\n")
        let deadline = NIODeadline.now() + TimeAmount(settings.jwksTimeout)
        do {
            let response = try await pool.exchange(
                head, isHead: false, deadline: deadline, cancellation: Cancellation())
            guard response.head.status == 200 else {
                response.cancel()
                return .failure(FetchFailure(reason: "the issuer answered \(response.head.status)"))
            }
            response.bound(until: deadline)
            let bytes = try await read(response)
            guard bytes != lastSet else { return .success(nil) }
            let entries = try KeySetDocument.read(bytes, for: settings.algorithm)
            lastSet = bytes
            return .success(entries)
        } catch let failure as TransportFailure {
            return .failure(FetchFailure(reason: failure.fault.detail))
        } catch let fault as Fault {
            return .failure(FetchFailure(reason: fault.detail))
        } catch let failure as KeySetDocument.Failure {
            return .failure(FetchFailure(reason: failure.explanation))
        } catch let failure as FetchFailure {
            return .failure(failure)
        } catch {
            return .failure(FetchFailure(reason: "unknown"))
        }
    }

    private func read(_ body: OriginResponse) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let chunk = try await body.next() {
            bytes += chunk.readableBytesView
            guard bytes.count <= Self.sizeLimit else {
                body.cancel()
                throw FetchFailure(reason: "a key set larger than \(Self.sizeLimit) bytes")
            }
        }
        return bytes
    }
}
