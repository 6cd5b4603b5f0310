/// The closed list of reasons why our parser and NIOHTTP1's (llhttp) may judge a message differently.
///
/// A row applies when both verdicts are of its kinds and the message itself shows the reason; it says who is right.
struct Explanation: Sendable {
    /// What is known about one message.
    struct Comparison {
        let ours: Verdict
        let theirs: Verdict
        let evidence: Evidence
    }

    let reason: String
    let applies: @Sendable (Comparison) -> Bool

    init(_ reason: String, _ applies: @escaping @Sendable (Comparison) -> Bool) {
        self.reason = reason
        self.applies = applies
    }

    /// We refuse with `fault` what llhttp takes, or waits for more of.
    static func stricter(
        _ fault: String, _ reason: String, _ proof: @escaping @Sendable (Evidence) -> Bool
    ) -> Explanation {
        Explanation("\(fault): \(reason)") {
            if case .refused = $0.theirs { return false }
            return $0.ours == .refused(fault) && proof($0.evidence)
        }
    }

    /// We take, or wait for more of, what llhttp refuses.
    static func wider(_ reason: String, _ proof: @escaping @Sendable (Evidence) -> Bool) -> Explanation {
        Explanation(reason) {
            if case .refused = $0.ours { return false }
            guard case .refused = $0.theirs else { return false }
            return proof($0.evidence)
        }
    }

    static let table: [Explanation] = [
        stricter("missingHost", "llhttp leaves it to the application (RFC 9112 §3.2)") { $0.values("host").isEmpty },
        stricter("severalHosts", "llhttp leaves it to the application (RFC 9112 §3.2)") { $0.values("host").count > 1 },
        stricter("badHost", "llhttp does not look at the value (RFC 9110 §7.2)") {
            !$0.values("host").allSatisfy(Evidence.isHost)
        },
        stricter("hostDisagrees", "llhttp does not compare it (RFC 9112 §3.2.2)") { $0.target.contains("://") },
        stricter("badTarget", "llhttp takes any form with any method, fragments, and user information (RFC 9112 §3.2)")
        {
            $0.isConnect || !$0.target.hasPrefix("/") || $0.target.contains("#")
        },
        stricter("badTransferCoding", "llhttp takes lists and empty values, also in HTTP/1.0 (RFC 9112 §6.1)") {
            $0.version != "HTTP/1.1" || $0.values("transfer-encoding").map { $0.lowercased() } != ["chunked"]
        },
        stricter("badLength", "llhttp takes leading zeros and more than 18 digits, and finds out late (RFC 9110 §8.6)")
        {
            !$0.values("content-length").allSatisfy(Evidence.isLength)
        },
        stricter(
            "badVersion",
            "llhttp takes several spaces in front of it, and decides about a name byte by byte (RFC 9112 §3)"
        ) {
            $0.requestLine.count > 3 || !$0.version.hasPrefix("HTTP/1.")
        },
        stricter("versionNotSupported", "llhttp takes 0.9 and 2.0 for a while (RFC 9112 §2.3)") {
            $0.version.hasPrefix("HTTP/") && !$0.version.hasPrefix("HTTP/1.")
        },
        stricter(
            "badMethod", "llhttp skips any CR and LF in front of a request; we skip one empty line (RFC 9112 §2.2)"
        ) {
            $0.bytes.first == 0x0d || $0.bytes.first == 0x0a
        },
        stricter("badChunk", "llhttp waits for the last digit of a size that is too great (RFC 9112 §7.1)") {
            $0.isChunked && !$0.isConnect
        },
        Explanation(
            "CONNECT: llhttp takes all that follows the head for a tunnel; we answer 405 and read on by the framing"
        ) {
            $0.evidence.isConnect && sameHead($0.ours, $0.theirs)
        },
        wider("other methods: RFC 9110 §9.1 lets there be any token, llhttp knows a list; the proxy answers 405") {
            !known.contains(String($0.method)) && $0.method.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
        },
        wider("HTAB behind a length is optional white space (RFC 9110 §5.6.3); llhttp takes spaces only") {
            $0.head.contains("\t") && !$0.values("content-length").isEmpty
        },
        wider("HTTP/1.2 to 1.9 are read as 1.1 (RFC 9110 §2.5); llhttp refuses them") {
            $0.version.count == 8 && $0.version.hasPrefix("HTTP/1.") && !["HTTP/1.0", "HTTP/1.1"].contains($0.version)
        },
        wider(
            "trailers: we drop them whatever they are called (RFC 9112 §7.1.2); llhttp reads framing fields among them"
        ) {
            $0.isChunked
                && $0.bytes.count > $0.head.utf8.count + 4
                && String(decoding: $0.bytes, as: UTF8.self).lowercased().split(separator: "\r\n\r\n").dropFirst()
                    .contains { $0.contains("content-length") || $0.contains("transfer-encoding") }
        },
        wider("chunk extensions: we drop them unread, within bounds (RFC 9112 §7.1.1); llhttp reads their grammar") {
            $0.isChunked && $0.bytes.contains(UInt8(ascii: ";"))
        },
        Explanation("a line that is not complete: we judge it when it is, llhttp byte by byte") {
            guard $0.ours == .incomplete, case .refused = $0.theirs else { return false }
            return !String(decoding: $0.evidence.bytes.suffix(2), as: UTF8.self).hasSuffix("\r\n")
        },
        Explanation(
            "the ends: HTAB is optional white space too (RFC 9110 §5.6.3), absolute targets are reduced"
        ) {
            guard case .complete(var ours) = $0.ours, case .complete(var theirs) = $0.theirs else { return false }
            ours.fields = ours.fields.map(trimmed)
            theirs.fields = theirs.fields.map(trimmed)
            theirs.target = reduced(theirs.target, method: theirs.method)
            return ours == theirs
        },
    ]

    /// Methods that llhttp knows and the messages hold.
    private static let known = [
        "GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PURGE",
    ]

    private static func sameHead(_ ours: Verdict, _ theirs: Verdict) -> Bool {
        guard case .complete(var their) = theirs else { return false }
        guard case .complete(let our) = ours else { return true }
        their.body = our.body
        their.fields = their.fields.map(trimmed)
        return our == their
    }

    private static func trimmed(_ field: Verdict.Field) -> Verdict.Field {
        var value = Substring(field.value)
        while let first = value.first, " \t".contains(first) { value.removeFirst() }
        while let last = value.last, " \t".contains(last) { value.removeLast() }
        return Verdict.Field(name: field.name, value: String(value))
    }

    /// Path and query of a target in absolute form; every other target as it is.
    private static func reduced(_ target: String, method: String) -> String {
        guard !target.hasPrefix("/"), let scheme = target.firstRange(of: "://") else { return target }
        let rest = target[scheme.upperBound...]
        let path = rest.drop { $0 != "/" && $0 != "?" }
        if path.isEmpty { return method == "OPTIONS" ? "*" : "/" }
        return path.hasPrefix("?") ? "/" + path : String(path)
    }
}
