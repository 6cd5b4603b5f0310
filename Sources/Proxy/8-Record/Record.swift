import Exchange
import NIOCore
import Network
import Telemetry

extension Journey {
    /// Counts and logs an answered request.
    func record(_ trip: borrowing Trip, _ request: Request, bytes: Int64) {
        record(trip, id: request.id, request.head, from: request.client.address, bytes: bytes)
    }

    /// Counts and logs bytes that were no request.
    func record(_ trip: borrowing Trip, _ refusal: Refusal, bytes: Int64) {
        var head = RequestHead()
        head.method = .other
        metrics.began()
        record(trip, id: refusal.id, head, from: refusal.clientAddress, bytes: bytes)
        metrics.ended()
    }

    private func record(
        _ trip: borrowing Trip, id: RequestID, _ head: borrowing RequestHead, from client: borrowing ByteBuffer,
        bytes: Int64
    ) {
        let duration = loop.moment - trip.received
        metrics.record(trip, method: head.method, duration)
        guard let accessLog else { return }
        var record = AccessRecord(id: id)
        record.status = trip.status
        record.duration = duration
        record.timeToFirstByte = trip.headSent.map { $0 - trip.received }
        record.bytesSent = bytes
        record.hasClientLeft = trip.hasClientLeft
        if let bucket = trip.bucket { record.bucket = corridor.buckets[bucket].nameBytes }
        record.user = trip.user
        record.auth = trip.decider
        record.openReason = trip.openReason
        record.cache = trip.cacheOutcome
        record.cacheTier = trip.cacheTier
        if trip.originStatus > 0 { record.originStatus = trip.originStatus }
        if let fault = trip.fault {
            record.fault = fault
            if fault.originStatus > 0 { record.originStatus = fault.originStatus }
        }
        let keyStart = trip.keyStart > 0 ? trip.keyStart : trip.path.count
        accessLog.record(record, of: head, from: client, key: trip.path.span.extracting(keyStart...))
    }
}
