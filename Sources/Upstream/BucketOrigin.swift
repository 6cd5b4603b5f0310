import Exchange
import NIOCore
import Network
import S3
import Telemetry
import Transport

/// What is asked of an origin.
package struct ObjectRequest {
    package let isHead: Bool
    package let key: [UInt8]
    package let query: ObjectQuery
    /// More field lines, each with CRLF, sent unsigned.
    package let lines: ByteBuffer
    /// The proxy's own question, which is not counted.
    package let isProbe: Bool

    package init(
        isHead: Bool, key: [UInt8], query: ObjectQuery = .none, lines: ByteBuffer = ByteBuffer(), isProbe: Bool = false
    ) {
        self.isProbe = isProbe
        self.isHead = isHead
        self.key = key
        self.query = query
        self.lines = lines
    }
}

/// What an origin answered, errors taken out: 200, 206 or 304, and the body to pull.
package struct OriginAnswer {
    package let head: OriginHead
    package let body: any BodySource
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
    private var scratch = ByteBuffer()

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
    package func fetch(_ request: ObjectRequest, deadline: NIODeadline) async throws(Fault) -> OriginAnswer {
        let response = try await send(request, deadline: deadline)
        let status = response.head.status
        if status == 200 || status == 206 || status == 304 {
            health.succeeded()
            return OriginAnswer(head: response.head, body: response.body)
        }
        var fault = await OriginError.fault(of: response)
        if request.isHead, status == 403 || status == 400 {
            fault = await disambiguate(fault, request, deadline: deadline)
        }
        if fault.code.blame == .client, fault.originCode != "NoSuchBucket" { health.succeeded() }
        if !request.isProbe { metrics.failed(fault) }
        throw fault
    }

    package func shutDown() { pool.shutDown() }

    private func send(_ request: ObjectRequest, deadline: NIODeadline) async throws(Fault) -> OriginResponse {
        let identity = try await identity()
        var head = scratch
        scratch = ByteBuffer()
        head.clear(minimumCapacity: 1024)
        encoder.encode(
            request.isHead ? .head : .get, key: request.key.span, query: request.query, as: identity, time: wallClock(),
            fields: request.lines, to: &head)
        let began = NIODeadline.now()
        if !request.isProbe { metrics.asked(isHead: request.isHead) }
        defer { if scratch.capacity == 0 { scratch = head } }
        do throws(TransportFailure) {
            let response = try await pool.exchange(head, isHead: request.isHead, deadline: deadline)
            if !request.isProbe { metrics.answered(after: .now() - began) }
            return response
        } catch {
            let fault = error.fault
            if fault.code.blame == .origin, error != .poolExhausted, error != .poolTimedOut { health.failed() }
            if !request.isProbe { metrics.failed(fault) }
            throw fault
        }
    }

    private func identity() async throws(Fault) -> SigningIdentity {
        if let identity = credentials.current { return identity }
        do throws(CredentialsFailure) {
            return try await credentials.obtain()
        } catch {
            throw Fault(.originRefusedCredentials, detail: "no credentials: \(error)")
        }
    }

    /// A HEAD is refused without a body, so 403 may mean the object or the keys: one GET of one byte tells (S3-5).
    private func disambiguate(_ fault: Fault, _ request: ObjectRequest, deadline: NIODeadline) async -> Fault {
        if let lastRefusal, lastRefusal.until > .now() { return lastRefusal.fault }
        var lines = request.lines
        lines.writeStaticString("Range: bytes=0-0\r\n")
        let probe = ObjectRequest(isHead: false, key: request.key, query: request.query, lines: lines)
        guard let response = try? await send(probe, deadline: deadline) else { return fault }
        guard response.head.status >= 400 else {
            response.body.cancel()
            return fault
        }
        let learnt = await OriginError.fault(of: response)
        if learnt.code == .originRefusedCredentials { lastRefusal = (learnt, .now() + .seconds(10)) }
        return learnt
    }
}
