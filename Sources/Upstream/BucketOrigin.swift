import Exchange
import NIOCore
import Network
import S3
import Telemetry
import Transport

/// What is asked of an origin.
package struct ObjectRequest {
    package let isHead: Bool
    /// The key is what follows `keyStart`.
    package let path: [UInt8]
    package let keyStart: Int
    package let query: ObjectQuery
    /// The client's request, which the origin is told unsigned.
    package let id: RequestID?
    /// More field lines, each with CRLF, sent unsigned.
    package let lines: ByteBuffer?
    /// The proxy's own question, which is not counted.
    package let isProbe: Bool

    package init(
        isHead: Bool, path: [UInt8], keyStart: Int = 0, query: ObjectQuery = .none, id: RequestID? = nil,
        lines: ByteBuffer? = nil, isProbe: Bool = false
    ) {
        self.isHead = isHead
        self.path = path
        self.keyStart = keyStart
        self.query = query
        self.id = id
        self.lines = lines
        self.isProbe = isProbe
    }
}

/// One bucket's origin on one event loop: signs, asks, and tells its errors apart.
package final class BucketOrigin {
    private let encoder: ObjectRequestEncoder
    private let credentials: any CredentialsSource
    private let pool: OriginPool
    private let metrics: OriginMetrics
    private let health: HealthBoard.Entry
    private let wallClock: @Sendable () -> Int64
    /// What an ambiguous refusal of a HEAD turned out to be, for a while.
    private var lastRefusal: (fault: Fault, until: NIODeadline)?
    /// The credentials that the encoder has.
    private var generation: UInt64?
    private var shelf = BufferShelf()

    package init(
        endpoint: Endpoint, credentials: any CredentialsSource, pool: OriginPool, metrics: OriginMetrics,
        health: HealthBoard.Entry, wallClock: @escaping @Sendable () -> Int64
    ) {
        encoder = ObjectRequestEncoder(endpoint: endpoint)
        self.credentials = credentials
        self.pool = pool
        self.metrics = metrics
        self.health = health
        self.wallClock = wallClock
    }

    /// Fetches an object, or its head. Answers of 200, 206 and 304 come back, all others are thrown (S3-5).
    package func fetch(
        _ request: ObjectRequest, deadline: NIODeadline, cancellation: Cancellation
    ) async throws(Fault) -> OriginResponse {
        let response = try await send(request, deadline: deadline, cancellation: cancellation)
        let status = response.head.status
        if status == 200 || status == 206 || status == 304 {
            health.succeeded()
            return response
        }
        throw await fault(of: response, to: request, deadline: deadline, cancellation: cancellation)
    }

    private func fault(
        of response: OriginResponse, to request: ObjectRequest, deadline: NIODeadline, cancellation: Cancellation
    ) async -> Fault {
        let status = response.head.status
        var fault = await OriginError.fault(of: response, deadline: deadline)
        if request.isHead, status == 403 || status == 400 {
            fault = await disambiguate(fault, request, deadline: deadline, cancellation: cancellation)
        }
        if fault.code.blame == .client, fault.originCode != "NoSuchBucket" { health.succeeded() }
        if !request.isProbe { metrics.failed(fault) }
        return fault
    }

    package func shutDown() { pool.shutDown() }

    private func send(
        _ request: ObjectRequest, deadline: NIODeadline, cancellation: Cancellation
    ) async throws(Fault) -> OriginResponse {
        if credentials.generation != generation { try await identify() }
        var head = shelf.take(1024)
        encoder.encode(
            request.isHead ? .head : .get, key: request.path.span.extracting(request.keyStart...),
            query: request.query, time: wallClock(), id: request.id, fields: request.lines, to: &head)
        let began = pool.moment
        if !request.isProbe { metrics.asked(isHead: request.isHead) }
        defer { shelf.put(head) }
        do throws(TransportFailure) {
            let response = try await pool.exchange(
                head, isHead: request.isHead, deadline: deadline, cancellation: cancellation)
            if !request.isProbe { metrics.answered(after: pool.moment - began) }
            return response
        } catch {
            let fault = error.fault
            if fault.code.blame == .origin, error != .poolExhausted, error != .poolTimedOut {
                health.failed("\(fault.code.rawValue) \(fault.detail)")
            }
            if !request.isProbe { metrics.failed(fault) }
            throw fault
        }
    }

    /// Takes what the source has now, or waits for it.
    private func identify() async throws(Fault) {
        do throws(CredentialsFailure) {
            while true {
                let wanted = credentials.generation
                var identity = credentials.current
                if identity == nil { identity = try await credentials.obtain() }
                // What has changed during the wait is newer than what was waited for.
                guard let identity, credentials.generation == wanted else { continue }
                encoder.identity = identity
                generation = wanted
                return
            }
        } catch {
            throw Fault(.originRefusedCredentials, detail: "no credentials: \(error.explanation)")
        }
    }

    /// A HEAD is refused without a body, so 403 may mean the object or the keys: one GET of one byte tells (S3-5).
    private func disambiguate(
        _ fault: Fault, _ request: ObjectRequest, deadline: NIODeadline, cancellation: Cancellation
    ) async -> Fault {
        if let lastRefusal, lastRefusal.until > .now() { return lastRefusal.fault }
        var lines = request.lines ?? ByteBuffer()
        lines.writeStaticString("Range: bytes=0-0\r\n")
        let probe = ObjectRequest(
            isHead: false, path: request.path, keyStart: request.keyStart, query: request.query, id: request.id,
            lines: lines)
        guard let response = try? await send(probe, deadline: deadline, cancellation: cancellation) else {
            return fault
        }
        guard response.head.status >= 400 else {
            response.cancel()
            return fault
        }
        let learnt = await OriginError.fault(of: response, deadline: deadline)
        if learnt.code == .originRefusedCredentials { lastRefusal = (learnt, .now() + .seconds(10)) }
        return learnt
    }
}
