import HTTPSemantics
import NIOCore
import S3

extension FuzzTarget {
    /// A request's path: what it decodes to, why it is refused, and how the origin is asked for it.
    static let paths = FuzzTarget(name: "paths") { input in
        let raw = [UInt8](input.readableBytesView)
        checkText(raw)
        var path = Array("left over".utf8)
        do throws(PathFailure) {
            try RequestPath.decode(raw.span, into: &path)
        } catch {
            checkRefusal(of: raw, error)
            return
        }
        precondition(!raw.contains(where: mayNotStandRaw), "a byte that may not stand raw is let through")
        precondition(path == PercentEncoding.decoded(raw.span, plusIsSpace: false), "not the plain decoding")
        precondition(path.first == UInt8(ascii: "/"), "a path that is not absolute")
        precondition(!path.contains(0), "a path with NUL")
        precondition(!hasDotSegment(path), "a way out of the prefix")
        checkOrigin(path)
    }

    /// A refusal names what the path really has.
    private static func checkRefusal(of raw: [UInt8], _ failure: PathFailure) {
        let decoded = PercentEncoding.decoded(raw.span, plusIsSpace: false)
        let isJustified =
            switch failure {
            case .notAbsolute: raw.first != UInt8(ascii: "/")
            case .badEscape: decoded == nil
            case .illegalByte: raw.contains(where: mayNotStandRaw)
            case .nul: raw.indices.contains { raw[$0...].starts(with: "%00".utf8) }
            case .dotSegment: decoded.map(hasDotSegment) ?? false
            }
        precondition(isJustified, "refused for \(failure), which it does not have")
    }

    private static func mayNotStandRaw(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte == 0x7f || byte == UInt8(ascii: "#") || byte == UInt8(ascii: "?")
    }

    private static func hasDotSegment(_ path: [UInt8]) -> Bool {
        path.split { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") }.contains {
            $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8)
        }
    }

    private static let endpoint = try? Endpoint(
        url: "http://origin", bucket: "bucket", region: "us-east-1", addressing: .path)

    /// The origin is asked for the very key that the client asked for, in S3's one way of writing it.
    private static func checkOrigin(_ path: [UInt8]) {
        guard let endpoint else { preconditionFailure("no endpoint") }
        var head = ByteBuffer()
        ObjectRequestEncoder(endpoint: endpoint).encode(
            .get, key: path.span.extracting(droppingFirst: 1), time: 0, to: &head)
        let words = head.readableBytesView.split(separator: UInt8(ascii: " "), maxSplits: 2)
        precondition(words.count == 3 && words[0].elementsEqual("GET".utf8), "no request line")
        let target = Array(words[1])
        precondition(target.allSatisfy { isUnreserved($0) || "/%".utf8.contains($0) }, "a byte to be encoded")
        var found: [UInt8] = []
        let isRead: Void? = try? RequestPath.decode(target.span, into: &found)
        precondition(isRead != nil, "the origin would refuse it")
        precondition(found == Array("/bucket".utf8) + path, "another key is asked for")
    }

    /// Any text comes back from its encoding, which has nothing but unreserved bytes and capital escapes.
    private static func checkText(_ bytes: [UInt8]) {
        guard let text = String(validating: bytes, as: UTF8.self) else { return }
        let encoded = Array(PercentEncoding.encoded(text).utf8)
        precondition(isPercentEncoded(encoded), "a byte to be encoded")
        for plusIsSpace in [false, true] {
            precondition(PercentEncoding.decoded(encoded.span, plusIsSpace: plusIsSpace) == bytes, "another text")
        }
    }

    /// True for unreserved bytes and escapes in capitals, and no escape where none is needed.
    static func isPercentEncoded(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            if isUnreserved(byte) { continue }
            let escape = rest.prefix(2)
            rest = rest.dropFirst(2)
            guard byte == UInt8(ascii: "%"), escape.count == 2, escape.allSatisfy("0123456789ABCDEF".utf8.contains),
                let value = UInt8(String(decoding: escape, as: UTF8.self), radix: 16), !isUnreserved(value)
            else { return false }
        }
        return true
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool { unreserved.contains(byte) }

    /// RFC 3986 §2.3.
    private static let unreserved = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
}
