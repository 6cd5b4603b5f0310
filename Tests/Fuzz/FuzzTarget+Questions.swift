import Authorization
import Exchange
import NIOCore
import Settings

extension FuzzTarget {
    /// What OPA and OpenFGA are asked: whatever a token claims and a path holds, the question is JSON that says just
    /// that, and OpenFGA's names can be read back, so that no two users or objects share one.
    ///
    /// The first byte says how much of the rest is the token's claims.
    static let questions = FuzzTarget(name: "questions") { input in
        var bytes = input
        guard let size = bytes.readInteger(as: UInt8.self) else { return }
        let text = [UInt8](bytes.readSlice(length: min(Int(size), bytes.readableBytes))?.readableBytesView ?? .init())
        guard let claims = try? JSONDocument(text, limits: .claims), claims.root.kind == .object else { return }
        let path = Array("/p/".utf8) + bytes.readableBytesView
        let question = AccessQuestion(
            principal: Principal(claims: claims, identity: .init(high: 1, low: 2)), method: .get, path: path,
            keyStart: 3, client: ByteBuffer(string: "::1"))
        askOPA(question)
        askOpenFGA(question)
    }

    private static func askOPA(_ question: AccessQuestion) {
        guard let url = EndpointURL("http://opa:8181") else { return }
        let request = OPADialect(url: url, policyPath: "a/b", bucket: "photos").encode(question)
        let isText = String(validating: question.path, as: UTF8.self) != nil
        precondition((request != nil) == isText, "asks about what is no text, or not about what is")
        guard let request else { return }
        guard let body = body(of: request), let input = body.root["input"] else {
            preconditionFailure("the question is not JSON")
        }
        precondition(input["path"]?.equals(question.path) == true, "another path")
        precondition(input["method"]?.equals("GET") == true, "another method")
        precondition(input["bucket"]?.equals("photos") == true, "another bucket")
        precondition(input["client_ip"]?.equals("::1") == true, "another client")
        let claims = question.principal.claims.root.text
        precondition(input["jwt_claims"]?.text.elementsEqual(claims) == true, "other claims")
    }

    private static func askOpenFGA(_ question: AccessQuestion) {
        guard let url = EndpointURL("http://fga:8080") else { return }
        let dialect = OpenFGADialect(endpoint: url, store: "s", names: OpenFGASettings(), bucket: "photos")
        var tuple: [UInt8] = []
        guard let start = try? dialect.writeTuple(of: question, to: &tuple) else { return }
        let (user, object) = (tuple[..<(start - 1)], tuple[start...])
        precondition(user.count <= 512 && object.count <= 256, "a name that is too long")
        let key = question.path.dropFirst(question.keyStart)
        let type = question.path.last == UInt8(ascii: "/") ? "folder:photos/" : "file:photos/"
        precondition(object.starts(with: type.utf8), "another type")
        precondition(read(object.dropFirst(type.utf8.count))?.elementsEqual(key) == true, "another object")
        precondition(user.starts(with: "user:".utf8), "no user")
        if let subject = question.principal.claims.root["sub"]?.string {
            precondition(read(user.dropFirst(5)) == subject && !subject.isEmpty, "another user")
        }
        guard let request = dialect.encode(tuple, objectStart: start) else {
            precondition(String(validating: question.path, as: UTF8.self) == nil, "not asked about a text")
            return
        }
        guard let key = body(of: request)?.root["tuple_key"] else { preconditionFailure("the question is not JSON") }
        precondition(key["user"]?.equals(Array(user)) == true, "another user")
        precondition(key["object"]?.equals(Array(object)) == true, "another object")
        precondition(key["relation"]?.equals("viewer") == true, "another relation")
    }

    private static func body(of request: ByteBuffer) -> JSONDocument? {
        let bytes = Array(request.readableBytesView)
        let end = Array("\r\n\r\n".utf8)
        guard let head = bytes.indices.first(where: { bytes[$0...].starts(with: end) }) else { return nil }
        return try? JSONDocument(Array(bytes[(head + 4)...]), limits: JSONLimits(depth: 40, nodes: 8_192))
    }

    /// What a part of a name stands for; nil when it holds what separates parts.
    private static func read(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var out: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else { return nil }
                out.append(code)
                rest = rest.dropFirst(2)
            case ...0x20, 0x7F, UInt8(ascii: "#"), UInt8(ascii: ":"), UInt8(ascii: "*"): return nil
            default: out.append(byte)
            }
        }
        return out
    }
}
