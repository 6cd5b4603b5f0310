import ConfigSchema
import Exchange
import NIOCore
import Settings

/// How OpenFGA is asked about one bucket and how its answers are read (FGA-1): a value, without a socket.
///
/// `POST {endpoint}/stores/{store_id}/check` with the tuple `user:<claim>`, relation, `file:bucket/key` or
/// `folder:bucket/a/`; the answer's `allowed` is a boolean.
package struct OpenFGADialect {
    /// OpenFGA's own limits, in bytes.
    private static let userLimit = 512
    private static let objectLimit = 256
    private static let separator = UInt8(ascii: "\n")

    private let request: ProviderRequest
    private let claim: ClaimPath
    private let isSubject: Bool
    /// `user:`, `file:bucket/` and `folder:bucket/`.
    private let userStart: [UInt8]
    private let objectStart: [UInt8]
    private let folderStart: [UInt8]
    /// `","relation":"…","object":"`, and what follows the object.
    private var middle = ByteBuffer()
    private var end = ByteBuffer()

    package init(endpoint: EndpointURL, store: String, names settings: OpenFGASettings, bucket: String) {
        request = ProviderRequest(endpoint, target: "/stores/\(store)/check", token: settings.apiToken?.reveal())
        isSubject = settings.userClaim == "sub"
        claim = ClaimPath(settings.userClaim)
        userStart = Array("\(settings.userType):".utf8)
        var name: [UInt8] = []
        unsafe name.append(escaped: bucket.utf8.span.bytes, escapesSlash: true)
        name.append(UInt8(ascii: "/"))
        objectStart = Array("\(settings.objectType):".utf8) + name
        folderStart = Array("\(settings.folderType):".utf8) + name
        middle.writeStaticString(",\"relation\":")
        middle.writeJSONString(settings.relation.utf8.span)
        middle.writeStaticString(",\"object\":")
        end.writeStaticString("}")
        if let model = settings.authorizationModelID {
            end.writeStaticString(",\"authorization_model_id\":")
            end.writeJSONString(model.utf8.span)
        }
        end.writeStaticString("}")
    }

    /// Appends user and object with a separator that neither can hold: all that the decision depends on, for the
    /// relation is the bucket's own. Answers where the object begins.
    package func writeTuple(
        of question: borrowing AccessQuestion, to tuple: inout [UInt8]
    ) throws(TupleFailure) -> Int {
        let start = tuple.count
        tuple.append(contentsOf: userStart)
        try writeUser(question.principal, to: &tuple)
        guard tuple.count - start <= Self.userLimit else { throw .userTooLong }
        tuple.append(Self.separator)
        let object = tuple.count
        let isFolder = question.path.last == UInt8(ascii: "/")
        tuple.append(contentsOf: isFolder ? folderStart : objectStart)
        unsafe tuple.append(escaped: question.path.span.bytes.extracting(question.keyStart...), escapesSlash: false)
        guard tuple.count - object <= Self.objectLimit else { throw .objectTooLong }
        return object
    }

    private func writeUser(_ principal: Principal, to tuple: inout [UInt8]) throws(TupleFailure) {
        let start = tuple.count
        if isSubject {
            // `sub` is text (RFC 7519 §4.1.2); of other claims a number is a name too.
            guard let subject = principal.subject else { throw .noUser }
            return tuple.append(escaped: subject.readableBytesSpan, escapesSlash: false)
        }
        guard let index = claim.find(in: principal.claims) else { throw .noUser }
        let value = principal.claims.view(at: index)
        if let text = value.string {
            unsafe tuple.append(escaped: text.span.bytes, escapesSlash: false)
        } else if value.kind == .number, value.text.allSatisfy({ $0 == UInt8(ascii: "-") || $0 &- 0x30 < 10 }) {
            tuple.append(contentsOf: value.text)
        }
        guard tuple.count > start else { throw .noUser }
    }

    /// The whole request about a tuple of `writeTuple`; nil when the object is not UTF-8, so that JSON cannot hold it.
    package func encode(_ tuple: [UInt8], objectStart: Int) -> ByteBuffer? {
        guard tuple.span.isUTF8 else { return nil }
        var body = ByteBuffer()
        body.reserveCapacity(tuple.count + middle.readableBytes + end.readableBytes + 64)
        body.writeStaticString("{\"tuple_key\":{\"user\":")
        body.writeJSONString(tuple.span.extracting(..<(objectStart - 1)))
        body.writeImmutableBuffer(middle)
        body.writeJSONString(tuple.span.extracting(objectStart...))
        body.writeImmutableBuffer(end)
        return request.with(body)
    }

    /// The decision that an answer holds; nil when it holds none.
    package static func decision(in answer: JSONDocument) -> Decision? {
        guard let allowed = answer.root["allowed"]?.bool else { return nil }
        return allowed ? .allow : .deny(reason: "no such relation")
    }
}

/// Why a question cannot be put into OpenFGA's names.
package enum TupleFailure: Error, Equatable, Sendable {
    /// The claim is missing, empty, or neither a text nor a whole number.
    case noUser
    case userTooLong
    case objectTooLong

    package var explanation: String {
        switch self {
        case .noUser: "the token has no claim that names a user"
        case .userTooLong: "the user's name is longer than OpenFGA takes"
        case .objectTooLong: "the object's name is longer than OpenFGA takes"
        }
    }
}

extension [UInt8] {
    /// Appends a part of a name: what separates parts, and what stands for everybody, is written `%XX`, so that nobody
    /// can be `user:*` and every object has one name.
    fileprivate mutating func append(escaped text: RawSpan, escapesSlash: Bool) {
        // read within this call alone
        unsafe text.withUnsafeBytes { text in
            var start = 0
            for index in 0..<text.count {
                let byte = unsafe text[index]
                if byte.standsForItself, !escapesSlash || byte != UInt8(ascii: "/") { continue }
                unsafe append(contentsOf: text[start..<index])
                append(UInt8(ascii: "%"))
                append(byte.upperHexDigits.high)
                append(byte.upperHexDigits.low)
                start = index + 1
            }
            unsafe append(contentsOf: text[start...])
        }
    }
}

extension UInt8 {
    /// All but controls, the blank, `#`, `%`, `*`, `:` and DEL.
    fileprivate var standsForItself: Bool {
        self < 0x40 ? Self.separators &>> UInt64(self) & 1 == 0 : self != 0x7F
    }

    /// A bit for each of the lowest 64 bytes that does not stand for itself.
    private static var separators: UInt64 { 0x1_FFFF_FFFF | 1 << 0x23 | 1 << 0x25 | 1 << 0x2A | 1 << 0x3A }
}
