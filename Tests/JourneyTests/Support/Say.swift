/// What scripted origins say most.
enum Say {
    static func ok(_ body: String = "hello", _ lines: String = "") -> ScriptedOrigin.Step {
        .send("HTTP/1.1 200 OK\r\n\(lines)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    /// A head for `length` bytes, without any of them.
    static func head(_ length: Int, _ lines: String = "") -> ScriptedOrigin.Step {
        .send("HTTP/1.1 200 OK\r\n\(lines)Content-Length: \(length)\r\n\r\n")
    }

    static func error(_ status: Int, _ code: String, _ lines: String = "") -> ScriptedOrigin.Step {
        let body = """
            <?xml version="1.0" encoding="UTF-8"?>
            <Error><Code>\(code)</Code><Message>Of internal 10.1.2.3 only</Message><Resource>/store</Resource></Error>
            """
        let type = "Content-Type: application/xml\r\n"
        return .send(
            "HTTP/1.1 \(status) Said\r\n\(type)\(lines)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }

    static func bare(_ status: Int, _ lines: String = "Content-Length: 0\r\n") -> ScriptedOrigin.Step {
        .send("HTTP/1.1 \(status) Said\r\n\(lines)\r\n")
    }
}

/// Plays an object store with one object, as S3 does: HEAD, one range, conditions on its tag.
struct Store: Sendable {
    var bytes = Array("0123456789abcdefghijklmnopqrstuvwxyz".utf8)
    var tag = "\"v1\""
    var modified = "Fri, 24 Jul 2026 00:00:00 GMT"
    var date = "Sat, 25 Jul 2026 00:00:00 GMT"

    var script: ScriptedOrigin.Script { { seen in [answer(seen)] } }

    func answer(_ seen: ScriptedOrigin.Seen) -> ScriptedOrigin.Step {
        let common = """
            Date: \(date)\r
            ETag: \(tag)\r
            Last-Modified: \(modified)\r
            Accept-Ranges: bytes\r
            Content-Type: text/plain\r

            """
        if let wanted = seen["if-match"], wanted != tag { return Say.error(412, "PreconditionFailed") }
        if let date = seen["if-unmodified-since"], date != modified { return Say.error(412, "PreconditionFailed") }
        if seen["if-none-match"] == tag { return Say.bare(304, "ETag: \(tag)\r\n") }
        guard let range = seen["range"] else {
            let body = seen.method == "HEAD" ? "" : String(decoding: bytes, as: UTF8.self)
            return .send("HTTP/1.1 200 OK\r\n\(common)Content-Length: \(bytes.count)\r\n\r\n\(body)")
        }
        let ends = range.dropFirst("bytes=".count).split(separator: "-", omittingEmptySubsequences: false)
        let (first, last) =
            ends[0].isEmpty
            ? (max(0, bytes.count - (Int(ends[1]) ?? 0)), bytes.count - 1)
            : (Int(ends[0]) ?? 0, min(Int(ends[1]) ?? .max, bytes.count - 1))
        guard first <= last else {
            return Say.error(416, "InvalidRange", "Content-Range: bytes */\(bytes.count)\r\n")
        }
        let part = String(decoding: bytes[first...last], as: UTF8.self)
        return .send(
            """
            HTTP/1.1 206 Partial Content\r
            \(common)Content-Range: bytes \(first)-\(last)/\(bytes.count)\r
            Content-Length: \(part.utf8.count)\r
            \r
            \(part)
            """)
    }
}
