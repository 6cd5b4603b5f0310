import Exchange
import NIOCore
import Proxy
import Telemetry
import Upstream

/// Answers the proxy's own paths on one loop; they need no authentication and pass every limit (OBS-3, LIM-3).
package final class FrontDesk: Desk {
    /// Which paths this listener serves, and whether it serves buckets at all.
    package struct Paths: Sendable {
        package var servesMetrics: Bool
        /// A listener of its own, without buckets: every path is the desk's.
        package var isExclusive: Bool

        package init(servesMetrics: Bool, isExclusive: Bool) {
            self.servesMetrics = servesMetrics
            self.isExclusive = isExclusive
        }
    }

    private enum Path {
        case health, ready, metrics
    }

    private let paths: Paths
    private let version: String
    private let registry: MetricRegistry
    private let board: HealthBoard
    private let lifecycle: Lifecycle
    private let jsonLines = ByteBuffer(string: "Content-Type: application/json\r\nCache-Control: no-store\r\n")
    private var healthSecond: Int64 = -1
    private var healthBody = ByteBuffer()
    /// Starts probes of origins that were not asked of late; must not block.
    private let refreshProbes: () -> Void

    package init(
        paths: Paths, version: String, registry: MetricRegistry, board: HealthBoard, lifecycle: Lifecycle,
        refreshProbes: @escaping () -> Void
    ) {
        self.paths = paths
        self.version = version
        self.registry = registry
        self.board = board
        self.lifecycle = lifecycle
        self.refreshProbes = refreshProbes
    }

    package func answer(_ request: Request) -> Answer? {
        guard let path = path(request.head.path) else {
            guard paths.isExclusive else { return nil }
            return ErrorBody.answer(to: Fault(.noRoute), id: request.id, allow: nil)
        }
        switch request.head.method {
        case .get, .head: break
        case .options:
            var head = ResponseHead(status: 200)
            head.add("Allow", "GET, HEAD, OPTIONS")
            return Answer(head, .bytes(ByteBuffer()))
        case .post, .put, .delete, .patch, .connect, .trace, .other:
            return ErrorBody.answer(to: Fault(.methodNotAllowed), id: request.id, allow: "GET, HEAD, OPTIONS")
        }
        switch path {
        case .health: return health()
        case .ready: return ready()
        case .metrics: return metrics()
        }
    }

    private func path(_ bytes: ByteBuffer) -> Path? {
        switch bytes.readableBytes {
        case 6 where bytes.equals("/ready"): .ready
        case 7 where bytes.equals("/health"): .health
        case 8 where paths.servesMetrics && bytes.equals("/metrics"): .metrics
        default: nil
        }
    }

    /// Said anew once a second.
    private func health() -> Answer {
        let second = lifecycle.uptime.nanoseconds / 1_000_000_000
        if second != healthSecond {
            healthSecond = second
            var body = ByteBuffer()
            body.writeStaticString("{\"status\":\"healthy\",\"uptime_seconds\":")
            body.writeDecimal(second)
            body.writeStaticString(",\"version\":\"")
            body.writeString(version)
            body.writeStaticString("\"}\n")
            healthBody = body
        }
        return answer(200, healthBody)
    }

    /// A bucket is ready when its origin answered the last time it was asked; the server, when all buckets are and it
    /// is not about to end.
    private func ready() -> Answer {
        refreshProbes()
        var body = ByteBuffer()
        var isReady = !lifecycle.isEnding
        var backends = ByteBuffer()
        for (index, entry) in board.entries.enumerated() {
            let isHealthy = entry.health == .healthy
            isReady = isReady && isHealthy
            if index > 0 { backends.writeStaticString(",") }
            backends.writeJSONString(entry.bucket)
            backends.writeStaticString(":{\"status\":\"")
            backends.writeStaticString(isHealthy ? "ready" : "unavailable")
            backends.writeStaticString("\",\"replicas\":{\"default\":\"")
            backends.writeStaticString(isHealthy ? "healthy" : "unhealthy")
            backends.writeStaticString("\"}}")
        }
        body.writeStaticString(
            isReady ? "{\"status\":\"ready\",\"backends\":{" : "{\"status\":\"unavailable\",\"backends\":{")
        body.writeBuffer(&backends)
        body.writeStaticString("}}\n")
        return answer(isReady ? 200 : 503, body)
    }

    private func metrics() -> Answer {
        var body = ByteBuffer()
        registry.render(into: &body)
        var head = ResponseHead(status: 200)
        head.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        head.add("Cache-Control", "no-store")
        return Answer(head, .bytes(body))
    }

    private func answer(_ status: UInt16, _ body: ByteBuffer) -> Answer {
        Answer(ResponseHead(status: status, lines: jsonLines), .bytes(body))
    }
}

extension ByteBuffer {
    fileprivate func equals(_ text: StaticString) -> Bool {
        guard text.utf8CodeUnitCount == readableBytes else { return false }
        return readableBytesSpan.equals(text)
    }

    /// A string of the configuration, as a JSON string (RFC 8259 §7).
    fileprivate mutating func writeJSONString(_ text: String) {
        writeStaticString("\"")
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): writeBytes([UInt8(ascii: "\\"), byte])
            case 0..<0x20: writeStaticString(" ")
            default: writeInteger(byte)
            }
        }
        writeStaticString("\"")
    }
}
