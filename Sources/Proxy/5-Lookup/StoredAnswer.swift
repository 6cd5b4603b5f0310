import Cache
import Exchange
import HTTPSemantics
import NIOCore
import Network

extension Journey {
    /// Makes an answer of a stored response: conditions first (RFC 9110 §13.2.2), then the range, then the body.
    func answer(from response: StoredResponse, to request: Request, now: Int64) throws(Fault) -> Answer {
        let head = response.head
        if let special = try conditionalAnswer(head, to: request, now: now) { return special }
        if request.head.isGet, request.head.fields.contains(.range),
            let partial = try partialAnswer(from: response, to: request)
        {
            return partial
        }
        let plain = ResponseHead(stored: head)
        if request.head.isHead { return Answer(plain, .absent(.length(head.length))) }
        switch response.body {
        case .none: return Answer(plain, .bytes(ByteBuffer()))
        case .whole(let bytes): return Answer(plain, .bytes(bytes))
        case .chunks, .file:
            let source = StoredSource(response.body, range: 0..<head.length, loop: loop)
            return Answer(plain, .stream(source, .length(head.length)))
        }
    }

    /// 304 or 412, where the client's conditions ask for it.
    func conditionalAnswer(_ head: StoredHead, to request: Request, now: Int64) throws(Fault) -> Answer? {
        guard request.head.isConditional else { return nil }
        let fields = request.head.fields
        let etag = head.lines.readableBytesUInt8Span.extracting(head.etag)
        let outcome = Preconditions.evaluate(
            etag: etag, lastModified: head.lastModified,
            ifMatch: fields.joined(.ifMatch).span, ifUnmodifiedSince: fields.joined(.ifUnmodifiedSince).span,
            ifNoneMatch: fields.joined(.ifNoneMatch).span, ifModifiedSince: fields.joined(.ifModifiedSince).span,
            now: now / 1_000)
        switch outcome {
        case .proceed: return nil
        case .failed: throw Fault(.preconditionFailed)
        case .notModified:
            return Answer(ResponseHead(stored: head, status: 304, lines: head.linesOf304), .absent(.absent))
        }
    }

    /// 206, several parts, or 416; nil when the range does not apply (RFC 9110 §14.2).
    private func partialAnswer(from response: StoredResponse, to request: Request) throws(Fault) -> Answer? {
        let head = response.head
        guard let specs = request.head.applicableRanges(to: head) else { return nil }
        switch ByteRange.resolve(specs, length: head.length) {
        case .unsatisfiable: throw Fault(.rangeNotSatisfiable, completeLength: head.length)
        case .satisfiable(let ranges):
            guard ranges.count > 1 else { return partialAnswer(from: response, ranges[0]) }
            let loop = loop
            return severalParts(of: head, ranges, boundary: request.id) { index in
                StoredSource(response.body, range: ranges[index].positions, loop: loop)
            }
        }
    }

    private func partialAnswer(from response: StoredResponse, _ range: ByteRange) -> Answer {
        let head = ResponseHead(partOf: response.head, range)
        if case .whole(let bytes) = response.body,
            let part = bytes.getSlice(at: bytes.readerIndex + Int(range.first), length: Int(range.count))
        {
            return Answer(head, .bytes(part))
        }
        let source = StoredSource(response.body, range: range.positions, loop: loop)
        return Answer(head, .stream(source, .length(range.count)))
    }

    /// Several ranges of an object with this head; `open` gives each of them when its turn comes.
    func severalParts(
        of stored: StoredHead, _ ranges: [ByteRange], boundary: RequestID, first: (any BodySource)? = nil,
        open: @escaping (Int) async throws(Fault) -> any BodySource
    ) -> Answer {
        let lines = FieldLines(stored.lines)
        let frame = MultipartRanges(
            boundary: Array(boundary.description.utf8),
            contentType: lines.value(.contentType).map { Array($0.readableBytesView) } ?? [], ranges: ranges,
            complete: stored.completeLength)
        var head = ResponseHead(stored: stored, status: 206, lines: ByteBuffer())
        lines.forEach { name, _, _, line in
            guard name != .contentType else { return }
            head.lines.writeImmutableBuffer(lines.slice(line))
        }
        head.add("Content-Type", String(decoding: frame.contentTypeValue, as: UTF8.self))
        let source = MultipartSource(frame: frame, first: first, open: open)
        return Answer(head, .stream(source, frame.length.map { .length($0) } ?? .unknown))
    }
}

extension ByteRange {
    /// The same without its end.
    var positions: Range<Int64> { first..<(last + 1) }
}

extension ResponseHead {
    /// The head of an answer with a stored response's fields.
    init(stored: StoredHead, status: UInt16 = 200, lines: ByteBuffer? = nil) {
        self.init(status: status, lines: lines ?? stored.lines)
        hasDate = true
    }

    /// The head of 206 for one range of a stored response.
    init(partOf stored: StoredHead, _ range: ByteRange) {
        self.init(stored: stored, status: 206)
        add("Content-Range", "bytes \(range.first)-\(range.last)/\(stored.completeLength)")
    }
}

extension RequestHead {
    /// Whether it has one of the fields of RFC 9110 §13.1 but If-Range.
    var isConditional: Bool {
        for entry in fields.entries {
            switch entry.name {
            case .ifMatch, .ifNoneMatch, .ifModifiedSince, .ifUnmodifiedSince: return true
            default: continue
            }
        }
        return false
    }

    /// The ranges that are asked for, unless If-Range says that they do not apply.
    func applicableRanges(to stored: StoredHead) -> [ByteRange.Spec]? {
        guard let field = fields.value(.range),
            let specs = ByteRange.parse(field.readableBytesUInt8Span, limit: RangePlan.maxRanges), !specs.isEmpty
        else { return nil }
        guard let ifRange = fields.value(.ifRange) else { return specs }
        guard RangePlan.isValidator(ifRange) else { return nil }
        let applies = Preconditions.rangeApplies(
            ifRange: ifRange.readableBytesUInt8Span,
            etag: stored.lines.readableBytesUInt8Span.extracting(stored.etag), lastModified: stored.lastModified,
            date: stored.date)
        return applies ? specs : nil
    }
}

extension FieldBlock {
    /// The values of all lines of that name as one list; empty when there are none.
    func joined(_ name: FieldName) -> [UInt8] {
        var value: [UInt8] = []
        for entry in entries where entry.name == name {
            if !value.isEmpty { value += [UInt8(ascii: ","), UInt8(ascii: " ")] }
            value += self.value(entry).readableBytesView
        }
        return value
    }
}

extension StoredHead {
    /// What a 304 tells (RFC 9110 §15.4.5): not what describes the body.
    var linesOf304: ByteBuffer {
        let all = FieldLines(lines)
        var kept = ByteBuffer()
        all.forEach { name, _, _, line in
            switch name {
            case .contentType, .contentEncoding, .contentLanguage, .contentDisposition, .contentRange, .acceptRanges:
                break
            default: kept.writeImmutableBuffer(all.slice(line))
            }
        }
        return kept
    }
}

/// A stored body, or a range of it. Bound to its loop.
final class StoredSource: BodySource {
    /// Bytes that are taken out of a file at a time.
    private static var readLimit: Int { 128 * 1024 }

    private let body: StoredBody
    private let loop: LoopContext
    private var position: Int64
    private let end: Int64
    /// The chunk that holds `position`, and where it begins.
    private var chunk = 0
    private var chunkStart: Int64 = 0

    init(_ body: StoredBody, range: Range<Int64>, loop: LoopContext) {
        self.body = body
        self.loop = loop
        position = range.lowerBound
        end = range.upperBound
    }

    func takeAvailable() -> AvailableBody {
        guard position < end else { return .end }
        let bytes: ByteBuffer?
        switch body {
        case .none: bytes = nil
        case .whole(let whole): bytes = piece(of: whole, from: 0)
        case .chunks(let chunks): bytes = piece(of: chunks)
        case .file(let file): bytes = file.readAtOnce(at: position, limit: limit)
        }
        guard let bytes else { return .unknown }
        position += Int64(bytes.readableBytes)
        return .chunk(bytes)
    }

    func next() async throws(Fault) -> ByteBuffer? {
        switch takeAvailable() {
        case .chunk(let bytes): return bytes
        case .end: return nil
        case .unknown: break
        }
        guard case .file(let file) = body else { throw Fault(.internal, detail: "a stored body is too short") }
        do throws(StoredFileFailure) {
            let bytes = try await file.read(at: position, limit: limit, on: loop)
            position += Int64(bytes.readableBytes)
            return bytes
        } catch {
            throw Fault(.internal, detail: "a stored body cannot be read: \(error)")
        }
    }

    func cancel() { position = end }

    private var limit: Int { Int(clamping: min(end - position, Int64(Self.readLimit))) }

    private func piece(of bytes: ByteBuffer, from start: Int64) -> ByteBuffer? {
        let skipped = Int(position - start)
        let length = Int(clamping: min(end - position, Int64(bytes.readableBytes - skipped)))
        return length > 0 ? bytes.getSlice(at: bytes.readerIndex + skipped, length: length) : nil
    }

    private func piece(of chunks: [ByteBuffer]) -> ByteBuffer? {
        while chunk < chunks.count {
            let length = Int64(chunks[chunk].readableBytes)
            if position < chunkStart + length { return piece(of: chunks[chunk], from: chunkStart) }
            chunkStart += length
            chunk += 1
        }
        return nil
    }
}
