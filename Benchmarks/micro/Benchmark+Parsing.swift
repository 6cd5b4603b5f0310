import Exchange
import HTTPWire
import NIOCore
import S3

extension Benchmark {
    static let parsing = [
        Benchmark(name: "request-head-4", title: "parse a request head of 4 fields") { request(Sample.curl) },
        Benchmark(name: "request-head-12", title: "parse a request head of 12 fields") { request(Sample.browser) },
        Benchmark(name: "response-head-12", title: "parse a response head of 12 fields") {
            let bytes = ByteBuffer(string: Sample.origin)
            var parser = ResponseParser(limits: WireLimits())
            return { _ in
                var buffer = bytes
                var head = OriginHead(in: buffer)
                let isComplete = try? parser.parse(&buffer, isHead: false, into: &head)
                return isComplete == true ? head.fields.entries.count &+ Int(head.status) : 0
            }
        },
        Benchmark(name: "response-head-write", title: "write a response head of 11 fields") {
            var buffer = ByteBuffer(string: Sample.origin)
            var parser = ResponseParser(limits: WireLimits())
            guard let origin = try parser.parse(&buffer, isHead: false) else { return { _ in 0 } }
            var head = ResponseHead(status: origin.status)
            FieldSelection.originResponse.copy(origin.fields, to: &head.lines)
            for (name, value) in Sample.ownFields { head.add(name, value) }
            head.requestID = RequestID(random: 7, 11)
            let answer = head
            let date = ByteBuffer(string: "Sat, 21 Nov 2026 08:48:42 GMT")
            var out = ByteBuffer()
            return { _ in
                out.clear()
                HeadEncoder.write(
                    answer, framing: .length(1_048_576), date: date, minorVersion: 1, keepsAlive: true, to: &out)
                return out.readableBytes
            }
        },
    ]

    private static func request(_ text: String) -> Operation {
        let bytes = ByteBuffer(string: text)
        var parser = RequestParser(limits: WireLimits())
        return { _ in
            var buffer = bytes
            var head = RequestHead(in: buffer)
            let isComplete = try? parser.parse(&buffer, into: &head)
            return isComplete == true ? head.fields.entries.count &+ head.path.readableBytes : 0
        }
    }
}
