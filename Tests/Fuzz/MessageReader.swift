import Exchange
import HTTPWire
import NIOCore

/// Reads messages off a buffer and writes down all that a consumer could see of them.
protocol MessageReader {
    /// The next message; nil when more bytes are needed.
    mutating func next(_ buffer: inout ByteBuffer) throws(WireFailure) -> ByteBuffer?
}

/// Requests that follow each other, with their bodies.
struct Requests: MessageReader {
    private var parser = RequestParser(limits: WireLimits(maxTargetLength: 64, maxHeadLength: 512, maxFields: 16))
    private var head = ByteBuffer()
    private var body: Body?

    mutating func next(_ buffer: inout ByteBuffer) throws(WireFailure) -> ByteBuffer? {
        if body == nil {
            guard let found = try parser.parse(&buffer) else {
                precondition(buffer.readableBytes < 512, "a head beyond its limit is waited for")
                return nil
            }
            precondition(found.fields.entries.count <= 16, "more fields than allowed")
            head.clear()
            head.writeInteger(found.method.rawValue)
            head.write(found.methodToken ?? ByteBuffer(string: "none"))
            head.write(found.path)
            head.write(found.query ?? ByteBuffer(string: "none"))
            head.writeBytes([found.minorVersion, found.keepsAlive ? 1 : 0, found.expectsContinue ? 1 : 0])
            head.write(found.framing)
            head.write(found.fields)
            body = Body(found.framing)
        }
        guard let content = try body?.rest(&buffer) else { return nil }
        body = nil
        var message = head
        message.write(content)
        return message
    }
}

/// Responses that follow each other, with their bodies.
struct Responses: MessageReader {
    let isHead: Bool
    private var parser = ResponseParser(limits: WireLimits(maxTargetLength: 64, maxHeadLength: 512, maxFields: 16))
    private var head = ByteBuffer()
    private var body: Body?

    init(isHead: Bool) { self.isHead = isHead }

    mutating func next(_ buffer: inout ByteBuffer) throws(WireFailure) -> ByteBuffer? {
        if body == nil {
            guard let found = try parser.parse(&buffer, isHead: isHead) else {
                precondition(buffer.readableBytes < 512, "a head beyond its limit is waited for")
                return nil
            }
            precondition((100...599).contains(found.status), "no such status")
            head.clear()
            head.writeInteger(found.status)
            head.writeBytes([found.minorVersion, found.keepsAlive ? 1 : 0])
            head.writeInteger(found.declaredLength ?? -1)
            head.write(found.framing)
            head.write(found.fields)
            body = Body(found.framing)
        }
        guard let content = try body?.rest(&buffer) else { return nil }
        body = nil
        var message = head
        message.write(content)
        return message
    }
}

/// One body; its chunks are joined, since where they are cut is nobody's business.
struct Body: MessageReader {
    private var decoder: BodyDecoder
    private var content = ByteBuffer()
    private var isTaken = false

    init(_ framing: BodyFraming) { decoder = BodyDecoder(framing) }

    mutating func next(_ buffer: inout ByteBuffer) throws(WireFailure) -> ByteBuffer? {
        isTaken ? nil : try rest(&buffer)
    }

    mutating func rest(_ buffer: inout ByteBuffer) throws(WireFailure) -> ByteBuffer? {
        while true {
            switch try decoder.next(&buffer) {
            case .chunk(var chunk):
                precondition(chunk.readableBytes > 0, "an empty chunk")
                content.writeBuffer(&chunk)
            case .needsMore:
                precondition(!decoder.isAtEnd, "an end that wants more")
                return nil
            case .end:
                precondition(decoder.isAtEnd && decoder.remainingLength == 0, "an end that is none")
                isTaken = true
                return content
            }
        }
    }
}

extension ByteBuffer {
    /// Appends bytes and their number, so that neighbours do not run into each other.
    fileprivate mutating func write(_ bytes: ByteBuffer) {
        writeInteger(UInt32(bytes.readableBytes))
        writeImmutableBuffer(bytes)
    }

    fileprivate mutating func write(_ framing: BodyFraming) {
        switch framing {
        case .none: writeInteger(Int64(-1))
        case .chunked: writeInteger(Int64(-2))
        case .untilClose: writeInteger(Int64(-3))
        case .length(let count): writeInteger(count)
        }
    }

    fileprivate mutating func write(_ fields: FieldBlock) {
        for entry in fields.entries {
            let name = fields.name(entry)
            let value = fields.value(entry)
            precondition(name.readableBytes == Int(entry.nameLength), "a name outside of the head")
            precondition(value.readableBytes == Int(entry.valueLength), "a value outside of the head")
            precondition(FieldName.recognise(name.readableBytesSpan) == entry.name, "another name")
            let isText = value.readableBytesView.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }
            precondition(isText, "a control byte")
            write(name)
            write(value)
        }
    }
}
