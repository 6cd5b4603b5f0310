import Exchange
import NIOCore

/// One value of the Redis serialization protocol, versions 2 and 3. A large string shares the memory it was read into.
package enum RESPValue: Sendable, Equatable {
    case simple(ByteBuffer)
    case bulk(ByteBuffer)
    /// A string and the three letters that tell its format, such as `txt`.
    case verbatim(ByteBuffer, format: ByteBuffer)
    case error(ByteBuffer)
    case blobError(ByteBuffer)
    case integer(Int64)
    case double(Double)
    case boolean(Bool)
    /// Also the null string and the null array of RESP2.
    case null
    /// An integer of any size, as it was written.
    case bigNumber(ByteBuffer)
    case array([RESPValue])
    case set([RESPValue])
    case map([RESPPair])
    /// What the server says without having been asked.
    case push([RESPValue])
}

/// A key of a RESP map and its value.
package struct RESPPair: Sendable, Equatable {
    package let key: RESPValue
    package let value: RESPValue

    package init(key: RESPValue, value: RESPValue) {
        self.key = key
        self.value = value
    }
}

extension RESPValue {
    /// The bytes of any kind of string; nil for everything else, errors too.
    package var bytes: ByteBuffer? {
        switch self {
        case .simple(let bytes), .bulk(let bytes), .verbatim(let bytes, _): bytes
        case .error, .blobError, .integer, .double, .boolean, .null, .bigNumber, .array, .set, .map, .push: nil
        }
    }

    /// The members of an array, a set or a push; nil for everything else.
    package var elements: [RESPValue]? {
        switch self {
        case .array(let elements), .set(let elements), .push(let elements): elements
        case .simple, .bulk, .verbatim, .error, .blobError, .integer, .double, .boolean, .null, .bigNumber, .map: nil
        }
    }

    /// The text of an error; nil for everything else.
    package var errorText: ByteBuffer? {
        switch self {
        case .error(let text), .blobError(let text): text
        case .simple, .bulk, .verbatim, .integer, .double, .boolean, .null, .bigNumber, .array, .set, .map, .push: nil
        }
    }

    /// Whether it is a string of exactly these bytes.
    func isString(_ text: StaticString) -> Bool {
        guard let bytes else { return false }
        return bytes.readableBytesSpan.equals(text)
    }
}
