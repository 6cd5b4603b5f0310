import Exchange
import HTTPSemantics
import NIOCore
import S3
import Transport
import Upstream

extension Journey {
    /// Where does the object come from? Asks the bucket's origin and makes an answer of what it says.
    func fetch(_ object: ObjectAddress, for request: Request, _ trip: inout Trip) async throws(Fault) -> Answer {
        let errand = Errand(object, request, origin: corridor.buckets[object.bucket].origin)
        let answer: Answer
        switch RangePlan(request.head) {
        case .whole:
            let response = try await errand.origin.fetch(
                errand.question(request.head.method, errand.clientConditions()), deadline: request.deadline,
                cancellation: request.cancellation)
            answer = try errand.answer(response, isRangeAsked: false)
        case .single(let range, let condition): answer = try await errand.single(range, condition: condition)
        case .several(let specs): answer = try await errand.several(specs)
        }
        trip.originStatus = answer.head.status
        return answer
    }
}

/// One object's fetching for one request.
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
        try answer(await ask(method: request.head.method, clientConditions()), isRangeAsked: false)
    }

    /// One range. `condition` stands for an If-Range: when it fails, the whole object is the answer (RFC 9110 §13.1.5).
    func single(_ range: ByteRange.Spec, condition: RangePlan.Condition?) async throws(Fault) -> Answer {
        var lines = clientConditions(pinned: condition != nil)
        range.writeLine(to: &lines)
        guard let condition else { return try answer(await ask(method: .get, lines), isRangeAsked: true) }
        condition.writeLine(to: &lines)
        do throws(Fault) {
            return try answer(await ask(method: .get, lines), isRangeAsked: true)
        } catch {
            guard error.code == .preconditionFailed else { throw error }
            return try await whole()
        }
    }

    /// Asks the origin; the request's own deadline bounds the wait for the head, unless another is given.
    func ask(method: Method, _ lines: ByteBuffer, deadline: NIODeadline? = nil) async throws(Fault) -> OriginResponse {
        try await origin.fetch(
            question(method, lines), deadline: deadline ?? request.deadline, cancellation: request.cancellation)
    }

    func question(_ method: Method, _ lines: ByteBuffer) -> ObjectRequest {
        ObjectRequest(
            isHead: method == .head, path: object.path, keyStart: object.keyStart, query: object.query, id: request.id,
            lines: lines)
    }

    /// The client's own conditions, which the origin evaluates (HTTP-5). `pinned` leaves out those that another pin
    /// replaces.
    ///
    /// A date does not count beside the tag condition of its kind (RFC 9110 §13.1.3, §13.1.4); not every server knows
    /// that.
    func clientConditions(pinned: Bool = false) -> ByteBuffer {
        var lines = ByteBuffer()
        for entry in request.head.fields.entries {
            let isAsked =
                switch entry.name {
                case .ifNoneMatch: true
                case .ifModifiedSince: !request.head.fields.contains(.ifNoneMatch)
                case .ifMatch: !pinned
                case .ifUnmodifiedSince: !pinned && !request.head.fields.contains(.ifMatch)
                default: false
                }
            if isAsked { request.head.fields.copy(entry, to: &lines) }
        }
        return lines
    }

    /// Makes the client's answer of the origin's: the kept fields, the framing, the body as it comes.
    func answer(_ origin: OriginResponse, isRangeAsked: Bool) throws(Fault) -> Answer {
        var status = origin.head.status
        if status == 206 || status == 200, origin.head.fields.contains(.contentRange) {
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
        var head = ResponseHead(status: status)
        head.lines.reserveCapacity(origin.head.fields.bytes.readableBytes)
        FieldSelection.originResponse.copy(origin.head.fields, to: &head.lines)
        switch origin.head.framing {
        case .none, .length(0):
            let framing: ResponseFraming =
                if let length = origin.head.declaredLength { .length(length) } else { .absent }
            return Answer(head, .absent(framing))
        case .length(let length): return Answer(head, .stream(origin, .length(length)))
        case .chunked, .untilClose: return Answer(head, .stream(origin, .unknown))
        }
    }
}
