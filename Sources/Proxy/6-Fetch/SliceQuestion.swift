import Cache
import Exchange
import HTTPSemantics
import NIOCore
import S3
import Transport

/// One slice of an object, as an origin is asked for it and as it is stored (CACHE-10).
struct SliceQuestion {
    let grid: SliceGrid
    let start: Int64
    /// The version that is wanted; nil for any.
    let pin: StoredHead?

    /// The fields that ask for it: what is stored already is asked for with its validators, any other slice of a known
    /// version with that version's tag.
    func lines(_ validators: ByteBuffer?) -> ByteBuffer {
        var lines = validators ?? ByteBuffer()
        if let bytes = grid.bytes(at: start) {
            ByteRange.Spec.bounded(first: bytes.first, last: bytes.last).writeLine(to: &lines)
        }
        if validators == nil, let pin { RangePlan.Condition.tag(pin.etagValue).writeLine(to: &lines) }
        return lines
    }

    /// Whether a stored head is that of this slice, in the version that is wanted.
    func isAnswered(by head: StoredHead) -> Bool {
        guard case .object = head.kind, head.hasStrongTag, let bytes = grid.bytes(at: start, in: head.completeLength),
            bytes.count == head.length
        else { return false }
        return pin.map { head.isSameVersion(as: $0) } ?? true
    }

    /// What an origin's answer is.
    enum Reading {
        case slice(Storable)
        /// The object is not to be had, or not to be kept, in slices.
        case apart
        /// Not what was asked for.
        case invalid
    }

    func read(_ origin: OriginHead, rules: FreshnessRules, requestTime: Int64, responseTime: Int64) -> Reading {
        guard origin.hasContentRange, let field = origin.fields.value(.contentRange) else {
            return origin.status == 206 ? .invalid : .apart
        }
        guard case .part(let part, let complete)? = ContentRange(field.readableBytesUInt8Span), part.first == start
        else { return .invalid }
        // Without these nobody could tell whether it is complete, and of what.
        guard let complete, case .length(let length) = origin.framing else { return .apart }
        guard part == grid.bytes(at: start, in: complete), length == part.count else { return .invalid }
        var whole = origin
        whole.status = 200
        let storable = Storable(whole, rules: rules, requestTime: requestTime, responseTime: responseTime)
        guard case .storable = storable.storability, case .none = storable.vary, storable.head.hasStrongTag else {
            return .apart
        }
        return .slice(storable.asSlice(of: complete))
    }
}

extension StoredHead {
    /// The ETag as it was received; empty when there is none.
    var etagValue: ByteBuffer { FieldLines(lines).slice(etag) }

    /// Whether its bytes can be put together with others of the same tag (RFC 9110 §8.8.1, §15.3.7.3).
    var hasStrongTag: Bool { etag.count >= 2 && !EntityTag.isWeak(lines.readableBytesUInt8Span.extracting(etag)) }

    /// Whether both are heads of slices of one version of an object.
    func isSameVersion(as other: StoredHead) -> Bool {
        completeLength == other.completeLength && etagValue == other.etagValue
    }
}

extension Journey {
    /// A slice came: for all who wait, and for the tiers; or the object is not to be kept so.
    func receive(
        _ response: OriginResponse, _ slice: SliceQuestion, _ flying: Flying, _ requestTime: Int64
    ) async {
        let (quest, cache) = (flying.quest, flying.cache)
        switch slice.read(response.head, rules: cache.rules, requestTime: requestTime, responseTime: wallClock()) {
        case .slice(let storable):
            begin(Filling(response, storable, flying, mark: 0), storable)
        case .apart:
            response.cancel()
            if quest.stale != nil { await cache.tiers.remove(quest.key, on: loop) }
            // The first slice's place is looked at by all who lack another one.
            let mark = StoredResponse(StoredHead(.unstorable, for: Self.unstorableFor, at: wallClock()), .none)
            cache.tiers.note(mark, for: quest.base.slice(0), flying.flight.ticket)
            _ = settle(flying, .dispersed)
        case .invalid:
            let status = response.head.status
            response.cancel()
            let fault = Fault(.originInvalid, detail: "not the slice that was asked for", originStatus: status)
            _ = settle(flying, .failed(fault))
        }
    }
}
