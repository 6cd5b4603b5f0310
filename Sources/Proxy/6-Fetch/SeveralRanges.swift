import Exchange
import HTTPSemantics
import NIOCore
import S3
import Transport
import Upstream

extension Errand {
    /// Several ranges: S3 knows only one at a time, so the object is asked for its length first and its parts then come
    /// one after the other, all of one version (RFC 9110 §14.6, §15.3.7.2).
    func several(_ specs: [ByteRange.Spec]) async throws(Fault) -> Answer {
        let head = try await ask(isHead: true, request.head.conditions()).head
        guard head.status == 200, let length = head.declaredLength, let pin = Pin(head.fields),
            ifRangeHolds(head.fields)
        else { return try await whole() }
        guard case .satisfiable(let ranges) = ByteRange.resolve(specs, length: length) else {
            throw Fault(.rangeNotSatisfiable, completeLength: length)
        }
        let parts = RangeParts(errand: self, ranges: ranges, pin: pin)
        do throws(Fault) {
            let first = try await parts.ask(0)
            // An origin that knows no ranges gives the whole object, which is an answer, too (RFC 9110 §14.2).
            if first.head.status == 200, !first.head.hasContentRange { return try Answer(first, isRangeAsked: false) }
            try parts.check(first, 0)
            if ranges.count == 1 { return try Answer(first, isRangeAsked: true) }
            return multipart(parts, first, head.fields, complete: length)
        } catch {
            guard error.code == .preconditionFailed else { throw error }
            return try await whole()
        }
    }

    private func multipart(
        _ parts: RangeParts, _ first: OriginResponse, _ fields: FieldBlock, complete: Int64
    ) -> Answer {
        let frame = MultipartRanges(
            boundary: Array(request.id.description.utf8),
            contentType: fields.value(.contentType).map { Array($0.readableBytesView) } ?? [], ranges: parts.ranges,
            complete: complete)
        var head = ResponseHead(status: 206)
        for entry in fields.entries where FieldSelection.originResponse.keeps(entry.name) {
            if entry.name == .contentType || entry.name == .contentRange { continue }
            fields.copy(entry, to: &head.lines)
        }
        head.add("Content-Type", String(decoding: frame.contentTypeValue, as: UTF8.self))
        let source = MultipartSource(frame: frame, first: first) { index throws(Fault) in try await parts.open(index) }
        return Answer(head, .stream(source, frame.length.map { .length($0) } ?? .unknown))
    }

    private func ifRangeHolds(_ fields: FieldBlock) -> Bool {
        guard let ifRange = request.head.fields.value(.ifRange) else { return true }
        let etag = fields.value(.etag) ?? ByteBuffer()
        let modified = fields.value(.lastModified).flatMap { HTTPDate.parse($0.readableBytesUInt8Span, now: 0) }
        let date = fields.value(.date).flatMap { HTTPDate.parse($0.readableBytesUInt8Span, now: 0) }
        return Preconditions.rangeApplies(
            ifRange: ifRange.readableBytesUInt8Span, etag: etag.readableBytesUInt8Span, lastModified: modified,
            date: date ?? .max)
    }
}

/// What holds the parts of one answer to one version of the object.
struct Pin {
    private let line: ByteBuffer

    /// nil when the object has no strong validator.
    init?(_ fields: FieldBlock) {
        guard let etag = fields.value(.etag), etag.readableBytes >= 2, !EntityTag.isWeak(etag.readableBytesUInt8Span)
        else { return nil }
        var line = ByteBuffer()
        RangePlan.Condition.tag(etag).writeLine(to: &line)
        self.line = line
    }

    func write(to lines: inout ByteBuffer) {
        var line = line
        lines.writeBuffer(&line)
    }
}

/// The parts of a multipart answer, each opened when its turn comes.
struct RangeParts {
    let errand: Errand
    let ranges: [ByteRange]
    let pin: Pin

    /// Gives one part, and no other than that which was asked for.
    func open(_ index: Int) async throws(Fault) -> OriginResponse {
        let answer = try await ask(index)
        try check(answer, index)
        return answer
    }

    func ask(_ index: Int) async throws(Fault) -> OriginResponse {
        var lines = ByteBuffer()
        ByteRange.Spec.bounded(first: ranges[index].first, last: ranges[index].last).writeLine(to: &lines)
        pin.write(to: &lines)
        let request = errand.request
        let deadline = index == 0 ? request.deadline : .now() + (request.deadline - request.received)
        return try await errand.ask(isHead: false, lines, deadline: deadline)
    }

    func check(_ answer: OriginResponse, _ index: Int) throws(Fault) {
        guard let field = answer.head.fields.value(.contentRange),
            case .part(ranges[index], complete: _)? = ContentRange(field.readableBytesUInt8Span)
        else {
            answer.cancel()
            throw Fault(.originInvalid, detail: "not the part that was asked for", originStatus: answer.head.status)
        }
    }
}

/// A multipart/byteranges body: part headers of ours around bytes of the object, each part opened when its turn comes.
final class MultipartSource: BodySource {
    private let frame: MultipartRanges
    private let open: (Int) async throws(Fault) -> any BodySource
    private var current: (any BodySource)?
    private var index = 0
    private var left: Int64 = 0
    private var isOver = false

    /// `first` is the first part where it is open already.
    init(
        frame: MultipartRanges, first: (any BodySource)? = nil,
        open: @escaping (Int) async throws(Fault) -> any BodySource
    ) {
        self.frame = frame
        self.open = open
        current = first
        index = -1
    }

    func takeAvailable() -> AvailableBody { .unknown }

    func next() async throws(Fault) -> ByteBuffer? {
        guard !isOver else { return nil }
        if index >= 0, left > 0, let source = current {
            guard let chunk = try await source.next(), Int64(chunk.readableBytes) <= left else {
                cancel()
                throw Fault(.originInvalid, detail: "a part has another length than its range")
            }
            left -= Int64(chunk.readableBytes)
            return chunk
        }
        if index >= 0 { current.take()?.cancel() }
        index += 1
        guard index < frame.ranges.count else {
            isOver = true
            return ByteBuffer(bytes: frame.closing)
        }
        if current == nil { current = try await open(index) }
        left = frame.ranges[index].count
        return ByteBuffer(bytes: frame.partHeader(index))
    }

    func cancel() {
        current?.cancel()
        current = nil
        isOver = true
    }
}
