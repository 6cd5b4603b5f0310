/// What a ListObjectsV2 request asks for.
struct ListQuery: Sendable, Equatable {
    /// Where a list goes on: behind a key, or behind all keys of a common prefix.
    enum Position: Sendable, Equatable {
        case key([UInt8])
        case group([UInt8])

        /// The opaque text of a continuation token.
        var token: String {
            switch self {
            case .key(let bytes): "k" + Self.digits(bytes)
            case .group(let bytes): "g" + Self.digits(bytes)
            }
        }

        init?(token: [UInt8]) {
            guard let bytes = Self.bytes(token.dropFirst()) else { return nil }
            switch token.first {
            case UInt8(ascii: "k"): self = .key(bytes)
            case UInt8(ascii: "g"): self = .group(bytes)
            default: return nil
            }
        }

        private static func digits(_ bytes: [UInt8]) -> String {
            let digits = Array("0123456789abcdef".utf8)
            return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
        }

        private static func bytes(_ digits: ArraySlice<UInt8>) -> [UInt8]? {
            guard digits.count.isMultiple(of: 2) else { return nil }
            var out: [UInt8] = []
            var high: UInt8?
            for digit in digits {
                guard let value = Character(UnicodeScalar(digit)).hexDigitValue.map(UInt8.init) else { return nil }
                if let first = high { out.append(first << 4 | value) }
                high = high == nil ? value : nil
            }
            return out
        }
    }

    /// The most that one page holds.
    static let pageLimit = 1_000

    var prefix: [UInt8] = []
    /// Empty for none.
    var delimiter: [UInt8] = []
    var pageLength = ListQuery.pageLimit
    var start: Position?
    /// As given, to be told back.
    var startAfter: [UInt8]?
    var token: [UInt8]?
    /// `encoding-type=url`.
    var encodesURL = false

    init() {}

    init(_ parameters: QueryParameters) throws(OriginError) {
        prefix = parameters["prefix"] ?? []
        delimiter = parameters["delimiter"] ?? []
        if let text = parameters["max-keys"] {
            guard let number = Int(String(decoding: text, as: UTF8.self)), number >= 0 else {
                throw .invalidArgument("max-keys must be a number from 0 to 2147483647.")
            }
            pageLength = min(number, Self.pageLimit)
        }
        if let text = parameters["encoding-type"] {
            guard text.elementsEqual("url".utf8) else { throw .invalidArgument("Invalid Encoding Method") }
            encodesURL = true
        }
        if let text = parameters["start-after"], !text.isEmpty {
            startAfter = text
            start = .key(text)
        }
        if let text = parameters["continuation-token"] {
            guard let position = Position(token: text) else {
                throw .invalidArgument("The continuation token provided is incorrect")
            }
            token = text
            start = position
        }
    }
}
