import HTTPSemantics

extension Benchmark {
    static let semantics = [
        Benchmark(name: "path-plain", title: "decode a path without escapes") {
            path("/photos/2026/11/raven-00042.jpg")
        },
        Benchmark(name: "path-escaped", title: "decode a path with escapes") {
            path("/photos/2026/11/a%20flight%20of%20ravens%20%E2%80%93%2042.jpg")
        },
        Benchmark(name: "range-one", title: "read a Range field of one range") { range("bytes=1048576-2097151") },
        Benchmark(name: "range-three", title: "read a Range field of three ranges") {
            range("bytes=0-499, 1048576-2097151, -500")
        },
        Benchmark(name: "date-write", title: "write an HTTP date") {
            { number in
                let text = HTTPDate.format(1_795_250_922 &+ Int64(number))
                return Int(text[24])
            }
        },
        Benchmark(name: "date-read", title: "read an HTTP date") {
            let texts = (10..<26).map { Array("Sat, 21 Nov 2026 08:48:\($0) GMT".utf8) }
            return { number in
                let text = texts[number & 15]
                return Int(HTTPDate.parse(text.span, now: 1_795_250_922) ?? 0)
            }
        },
    ]

    private static func path(_ text: String) -> Operation {
        let raw = Array(text.utf8)
        var decoded: [UInt8] = []
        return { _ in
            guard (try? RequestPath.decode(raw.span, into: &decoded)) != nil else { return 0 }
            return decoded.count
        }
    }

    private static func range(_ text: String) -> Operation {
        let field = Array(text.utf8)
        return { _ in ByteRange.parse(field.span, limit: 64)?.count ?? 0 }
    }
}
