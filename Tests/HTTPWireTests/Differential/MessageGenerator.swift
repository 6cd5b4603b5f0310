/// Makes request messages, most of them slightly broken; the same ones for the same seed.
struct MessageGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
        // neighbouring seeds must not give the same row, shifted
        state = random() ^ random() &* seed
    }

    /// SplitMix64.
    private mutating func random() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }

    private mutating func number(below limit: Int) -> Int { Int(random() % UInt64(max(limit, 1))) }

    private mutating func pick<Element>(_ choices: [Element]) -> Element { choices[number(below: choices.count)] }

    /// One message, mutated up to four times; half of them are followed by another, untouched one.
    mutating func next() -> [UInt8] {
        var lines = [requestLine()]
        if number(below: 12) > 0 { lines.append("Host: \(number(below: 8) == 0 ? pick(Self.hosts) : "a")") }
        for _ in 0..<number(below: 5) { lines.append(pick(Self.fields)) }
        let body = addBody(&lines)
        for _ in 0..<number(below: 3) where number(below: 3) == 0 { mutateLines(&lines) }
        var bytes = Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
        for _ in 0..<number(below: 3) { mutate(&bytes) }
        if number(below: 2) == 0 { bytes += Array("GET /next HTTP/1.1\r\nHost: next\r\n\r\n".utf8) }
        return bytes
    }

    private mutating func requestLine() -> String {
        let version = number(below: 16) == 0 ? pick(Self.versions) : "HTTP/1.1"
        let target =
            number(below: 3) == 0 ? pick(Self.targets) : pick(["/", "/a/b.txt", "/a?b=c&d", "//a//b", "/%2F%00"])
        let method = number(below: 3) == 0 ? pick(Self.methods) : "GET"
        return "\(method) \(target) \(version)"
    }

    private mutating func addBody(_ lines: inout [String]) -> String {
        switch number(below: 6) {
        case 0:
            lines.append("Content-Length: 5")
            return "hello"
        case 1:
            lines.append("Transfer-Encoding: chunked")
            return pick(Self.chunkedBodies)
        case 2 where number(below: 2) == 0:
            lines.append(pick(Self.framingFields))
            return pick(["", "hello", "5\r\nhello\r\n0\r\n\r\n"])
        default: return ""
        }
    }

    private mutating func mutateLines(_ lines: inout [String]) {
        let at = number(below: 8) == 0 ? 0 : min(1 + number(below: lines.count), lines.count - 1)
        switch number(below: 5) {
        case 0: lines.append(lines[at])
        case 1: lines.remove(at: at)
        case 2: lines.swapAt(at, lines.count - 1)
        case 3: lines.insert(pick(Self.fields + Self.framingFields), at: at)
        default: lines.insert("Host: \(pick(Self.hosts))", at: min(1, lines.count))
        }
        if lines.isEmpty { lines = ["GET / HTTP/1.1"] }
    }

    private mutating func mutate(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        let at = number(below: bytes.count)
        switch number(below: 8) {
        case 0: bytes[at] ^= 1 << UInt8(number(below: 8))
        case 1: bytes[at] = UInt8(truncatingIfNeeded: random())
        case 2, 3: bytes.insert(pick(Self.bytes), at: at)
        case 4: bytes[at] = pick(Self.bytes)
        case 5: bytes.remove(at: at)
        case 6: bytes.insert(contentsOf: pick(Self.pieces).utf8, at: at)
        default:
            if number(below: 4) == 0 {
                bytes.removeLast(bytes.count - at)
            } else {
                bytes.swapAt(at, number(below: bytes.count))
            }
        }
    }

    private static let methods = [
        "GET", "GET", "GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PURGE", "get",
        "X",
    ]
    private static let targets = [
        "/", "/a/b.txt", "/a?b=c&d", "/%2F%00", "/a%", "*", "http://a/", "http://a", "http://a?q", "http://A:80/x",
        "https://a/",
        "http://b/", "http://u@a/", "a:80", "a", "//a//b", "/?", "/a\\b|c", "/{}^`", "http://[::1]/", "ftp://a/",
        "/\u{e9}",
    ]
    private static let versions = [
        "HTTP/1.0", "HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "HTTP/1.01", "http/1.1", "HTTP/11", "HTTPS/1.1",
        "ICE/1.0", "",
    ]
    private static let hosts = [
        "a", "a", "a", "a:80", "A", "", "a b", "u@a", "[::1]", "a:99999", "\u{e9}", "a,b", "a/",
    ]
    private static let fields = [
        "Accept: */*", "User-Agent: curl/8.5.0", "Connection: close", "Connection: keep-alive", "Connection: x, close",
        "Connection: upgrade", "Upgrade: websocket", "Expect: 100-continue", "Expect: x", "Range: bytes=0-9", "X:",
        "X: ", "X:\ty\t",
        "X: a\tb", "X: \u{e9}", "If-None-Match: \"x\"", "x-amz-meta-a: b", "Trailer: X", "TE: trailers", "Cookie: a=b",
        "Accept-Encoding: gzip",
        "Proxy-Connection: close", "X_Y: z", "X.Y!: z",
    ]
    private static let framingFields = [
        "Content-Length: 5", "Content-Length: 0", "Content-Length: 05", "Content-Length: +5", "Content-Length: 5, 5",
        "Content-Length: ",
        "Content-Length: 18446744073709551616", "Content-Length: 9999999999999999999", "Content-Length: 0x5",
        "Content-Length: 5 ",
        "Transfer-Encoding: chunked", "Transfer-Encoding: Chunked", "Transfer-Encoding: gzip",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, gzip", "Transfer-Encoding: identity", "Transfer-Encoding:",
        "Transfer-Encoding: chunked,",
        "Transfer-Encoding: xchunked", "Transfer-Encoding : chunked", "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding:\u{b}chunked",
    ]
    private static let chunkedBodies = [
        "5\r\nhello\r\n0\r\n\r\n", "5;a=b\r\nhello\r\n0\r\n\r\n", "5;a=\"b\"\r\nhello\r\n0;c\r\n\r\n",
        "2\r\nhe\r\n3\r\nllo\r\n0\r\nX: y\r\n\r\n",
        "0005\r\nhello\r\n000\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n", "5\nhello\n0\n\n", "0x5\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\r\nX : y\r\n\r\n",
        "A\r\n0123456789\r\n0\r\n\r\n", "ffffffffffffffff1\r\n", "5\r\nhello0\r\n\r\n", "5\r\nhello\r\n0\r\n Y\r\n\r\n",
        "0\r\nContent-Length: 3\r\n\r\n",
    ]
    private static let bytes = Array("\r\n\0 \t:,;#?/@[]0159aZ\u{7f}\u{b}\"%".utf8) + [0x80, 0xff]
    private static let pieces = [
        "\r\n", "\r\n\r\n", "\n", "\r", "\r\n ", " ", "\r\nContent-Length: 3\r\n", "\r\nTransfer-Encoding: chunked\r\n",
        "HTTP/1.1", "GET ",
    ]
}
