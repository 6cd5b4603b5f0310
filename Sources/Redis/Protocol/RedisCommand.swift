import NIOCore

/// One argument of a command.
package enum RedisArgument: Sendable, Equatable, ExpressibleByStringLiteral {
    case text(String)
    /// Large ones are sent from where they lie.
    case bytes(ByteBuffer)
    case integer(Int)

    package init(stringLiteral value: String) { self = .text(value) }
}

/// A command as it goes to the server: an array of bulk strings, which both versions of the protocol take.
package struct RedisCommand: Sendable, Equatable {
    /// Arguments of at least so many bytes are not copied.
    static let sharesFrom = 16 * 1024

    /// Its beginning, mostly all of it.
    private(set) var head = ByteBuffer()
    /// Large arguments and what stands between and behind them, in order.
    private(set) var rest: [ByteBuffer] = []

    package init(_ name: StaticString, _ arguments: [RedisArgument] = []) {
        var open = ByteBuffer()
        open.reserveCapacity(64)
        open.writeLength(arguments.count + 1, "*")
        open.writeLength(name.utf8CodeUnitCount, "$")
        open.writeStaticString(name)
        open.writeStaticString("\r\n")
        var closed: [ByteBuffer] = []
        for argument in arguments {
            switch argument {
            case .text(let text): open.writeBulk(text)
            case .integer(let number): open.writeBulk(String(number))
            case .bytes(let bytes):
                open.writeLength(bytes.readableBytes, "$")
                if bytes.readableBytes < Self.sharesFrom {
                    open.writeImmutableBuffer(bytes)
                } else {
                    closed += [open, bytes]
                    open = ByteBuffer()
                }
                open.writeStaticString("\r\n")
            }
        }
        guard let first = closed.first else {
            head = open
            return
        }
        head = first
        rest = closed.dropFirst() + [open]
    }
}

extension ByteBuffer {
    fileprivate mutating func writeLength(_ count: Int, _ type: StaticString) {
        writeStaticString(type)
        writeString(String(count))
        writeStaticString("\r\n")
    }

    fileprivate mutating func writeBulk(_ text: String) {
        writeLength(text.utf8.count, "$")
        writeString(text)
        writeStaticString("\r\n")
    }
}
