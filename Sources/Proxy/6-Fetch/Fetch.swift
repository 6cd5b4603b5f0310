import Exchange
import HTTPSemantics
import NIOCore
import S3
import Transport
import Upstream

extension Journey {
    /// Where does the object come from? Asks the bucket's origin and makes an answer of what it says.
    func fetch(
        _ object: ObjectAddress, for request: Request, _ trip: inout Trip
    ) async throws(Fault) -> Answer {
        let origin = corridor.buckets[object.bucket].origin
        let answer: Answer
        switch RangePlan(request.head) {
        case .whole:
            let question = object.question(
                isHead: request.head.isHead, id: request.id, lines: request.head.conditions())
            let response = try await origin.fetch(
                question, deadline: request.deadline, cancellation: request.cancellation)
            answer = try Answer(response, isRangeAsked: false)
        case .single(let range, let condition):
            answer = try await Errand(object, request, origin: origin).single(range, condition: condition)
        case .several(let specs): answer = try await Errand(object, request, origin: origin).several(specs)
        }
        trip.originStatus = answer.head.status
        return answer
    }
}

extension ObjectAddress {
    consuming func question(isHead: Bool, id: RequestID, lines: consuming ByteBuffer?) -> ObjectRequest {
        ObjectRequest(isHead: isHead, path: path, keyStart: keyStart, query: query, id: id, lines: lines)
    }
}

/// One object's fetching for one request, where that takes more than one question.
struct Errand {
    let object: ObjectAddress
    let request: Request
    let origin: BucketOrigin

    init(_ object: ObjectAddress, _ request: Request, origin: BucketOrigin) {
        self.object = object
        self.request = request
        self.origin = origin
    }

    func whole() async throws(Fault) -> Answer {
        try Answer(await ask(isHead: request.head.isHead, request.head.conditions()), isRangeAsked: false)
    }

    /// One range. `condition` stands for an If-Range: when it fails, the whole object is the answer (RFC 9110 §13.1.5).
    func single(_ range: ByteRange.Spec, condition: RangePlan.Condition?) async throws(Fault) -> Answer {
        var lines = request.head.conditions(pinned: condition != nil) ?? ByteBuffer()
        range.writeLine(to: &lines)
        guard let condition else { return try Answer(await ask(isHead: false, lines), isRangeAsked: true) }
        condition.writeLine(to: &lines)
        do throws(Fault) {
            return try Answer(await ask(isHead: false, lines), isRangeAsked: true)
        } catch {
            guard error.code == .preconditionFailed else { throw error }
            return try await whole()
        }
    }

    /// Asks the origin; the request's own deadline bounds the wait for the head, unless another is given.
    func ask(isHead: Bool, _ lines: ByteBuffer?, deadline: NIODeadline? = nil) async throws(Fault) -> OriginResponse {
        try await origin.fetch(
            object.question(isHead: isHead, id: request.id, lines: lines), deadline: deadline ?? request.deadline,
            cancellation: request.cancellation)
    }
}

extension RequestHead {
    /// The client's own conditions, which the origin evaluates (HTTP-5). `pinned` leaves out those that another pin
    /// replaces.
    ///
    /// A date does not count beside the tag condition of its kind (RFC 9110 §13.1.3, §13.1.4); not every server knows
    /// that. nil when there are none.
    func conditions(pinned: Bool = false) -> ByteBuffer? {
        var lines: ByteBuffer?
        for entry in fields.entries {
            let isAsked =
                switch entry.name {
                case .ifNoneMatch: true
                case .ifModifiedSince: !fields.contains(.ifNoneMatch)
                case .ifMatch: !pinned
                case .ifUnmodifiedSince: !pinned && !fields.contains(.ifMatch)
                default: false
                }
            guard isAsked else { continue }
            var out = lines.take() ?? ByteBuffer()
            fields.copy(entry, to: &out)
            lines = out
        }
        return lines
    }
}

extension Answer {
    /// Makes the client's answer of the origin's: the kept fields, the framing, the body as it comes.
    init(_ origin: OriginResponse, isRangeAsked: Bool) throws(Fault) {
        var status = origin.head.status
        if status == 206 || status == 200, origin.head.hasContentRange {
            // Some servers answer a range with 200 and Content-Range; nobody may take that for the whole object.
            guard isRangeAsked else {
                origin.cancel()
                throw Fault(.originInvalid, detail: "a partial answer to a request for the whole", originStatus: status)
            }
            status = 206
        } else if status == 206 {
            origin.cancel()
            throw Fault(.originInvalid, detail: "206 without Content-Range", originStatus: status)
        }
        var head = ResponseHead(
            status: status, lines: ByteBufferAllocator().buffer(capacity: origin.head.fields.bytes.readableBytes))
        FieldSelection.originResponse.copy(origin.head.fields, to: &head.lines)
        switch origin.head.framing {
        case .none, .length(0):
            let framing: ResponseFraming =
                if let length = origin.head.declaredLength { .length(length) } else { .absent }
            self.init(head, .absent(framing))
        case .length(let length): self.init(head, .stream(origin, .length(length)))
        case .chunked, .untilClose: self.init(head, .stream(origin, .unknown))
        }
    }
}
