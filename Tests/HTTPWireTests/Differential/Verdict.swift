import Exchange
import NIOCore
import NIOEmbedded
import NIOHTTP1

@testable import HTTPWire

/// What a parser makes of the first message in some bytes.
enum Verdict: Equatable {
    /// Refused, and why.
    case refused(String)
    /// More bytes are needed: for the head, or for the body.
    case incomplete
    case complete(Message)

    struct Message: Equatable {
        var method: String
        var target: String
        var minorVersion: Int
        var fields: [Field]
        var body: String
    }

    struct Field: Equatable {
        var name: String
        var value: String
    }

    /// The outcome without its details.
    var kind: String {
        switch self {
        case .refused(let why): "refused(\(why))"
        case .incomplete: "incomplete"
        case .complete: "complete"
        }
    }

    /// Ours.
    static func ours(_ bytes: [UInt8]) -> Verdict {
        var buffer = ByteBuffer(bytes: bytes)
        var parser = RequestParser(limits: WireLimits())
        do {
            guard let head = try parser.parse(&buffer) else { return .incomplete }
            var decoder = BodyDecoder(head.framing)
            var body = ByteBuffer()
            while true {
                switch try decoder.next(&buffer) {
                case .chunk(var chunk): body.writeBuffer(&chunk)
                case .needsMore: return .incomplete
                case .end: return .complete(message(head, body))
                }
            }
        } catch {
            return .refused(Outcome.describe(error))
        }
    }

    private static func message(_ head: RequestHead, _ body: ByteBuffer) -> Message {
        Message(
            method: head.method == .other ? String(buffer: head.methodToken ?? ByteBuffer()) : head.method.name,
            target: String(buffer: head.path) + (head.query.map { "?" + String(buffer: $0) } ?? ""),
            minorVersion: Int(head.minorVersion),
            fields: head.fields.entries.map {
                Field(name: String(buffer: head.fields.name($0)), value: String(buffer: head.fields.value($0)))
            },
            body: String(buffer: body))
    }

    /// NIOHTTP1's, in an embedded channel of its own.
    static func theirs(_ bytes: [UInt8]) -> Verdict {
        let channel = EmbeddedChannel()
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        var why: String?
        do {
            try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
            try channel.writeInbound(ByteBuffer(bytes: bytes))
        } catch let error as HTTPParserError {
            why = "\(error)"
        } catch {
            why = "\(type(of: error))"
        }
        var found: Message?
        while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) {
            switch part {
            case .head(let head): found = message(head)
            case .body(let body): found?.body += String(buffer: body)
            case .end: if let found { return .complete(found) }
            }
        }
        return why.map { .refused($0) } ?? .incomplete
    }

    private static func message(_ head: HTTPRequestHead) -> Message {
        Message(
            method: head.method.rawValue, target: head.uri, minorVersion: head.version.minor,
            fields: head.headers.map { Field(name: $0.name, value: $0.value) }, body: "")
    }
}
