import Exchange
import NIOCore
import Telemetry

extension Journey {
    /// What the access log says of a request.
    func accessRecord(_ trip: Trip, _ request: Request, bytes: Int64) -> AccessRecord {
        var record = AccessRecord(id: request.id, head: request.head)
        record.clientAddress = request.clientAddress
        fill(&record, trip, bytes: bytes)
        return record
    }

    /// What the access log says of bytes that were no request.
    func accessRecord(_ trip: Trip, _ refusal: Refusal, bytes: Int64) -> AccessRecord {
        var head = RequestHead()
        head.method = .other
        var record = AccessRecord(id: refusal.id, head: head)
        record.clientAddress = refusal.clientAddress
        fill(&record, trip, bytes: bytes)
        return record
    }

    private func fill(_ record: inout AccessRecord, _ trip: Trip, bytes: Int64) {
        record.status = trip.status
        record.duration = .now() - trip.received
        record.timeToFirstByte = trip.headSent.map { $0 - trip.received }
        record.bytesSent = bytes
        record.hasClientLeft = trip.hasClientLeft
        if let bucket = trip.bucket {
            record.bucket = corridor.buckets[bucket].nameBytes
            if trip.keyStart > 0, trip.keyStart < trip.path.count {
                record.key = ByteBuffer(bytes: trip.path[trip.keyStart...])
            }
        }
        if trip.originStatus > 0 { record.originStatus = trip.originStatus }
        guard let fault = trip.fault else { return }
        record.fault = fault
        if fault.originStatus > 0 { record.originStatus = fault.originStatus }
        if !fault.originCode.isEmpty { record.s3ErrorCode = ByteBuffer(string: fault.originCode) }
    }
}
