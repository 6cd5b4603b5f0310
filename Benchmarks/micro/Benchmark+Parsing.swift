import Exchange
import HTTPWire
import NIOCore

extension Benchmark {
    static let parsing = [
        Benchmark(name: "request-head-4", title: "parse a request head of 4 fields") { request(Sample.curl) },
        Benchmark(name: "request-head-12", title: "parse a request head of 12 fields") { request(Sample.browser) },
        Benchmark(name: "response-head-12", title: "parse a response head of 12 fields") {
            let bytes = ByteBuffer(string: Sample.origin)
            var parser = ResponseParser(limits: WireLimits())
            return { _ in
                var buffer = bytes
                var head = OriginHead()
                let isComplete = try? parser.parse(&buffer, isHead: false, into: &head)
                return isComplete == true ? head.fields.entries.count &+ Int(head.status) : 0
            }
        },
    ]

    private static func request(_ text: String) -> Operation {
        let bytes = ByteBuffer(string: text)
        var parser = RequestParser(limits: WireLimits())
        return { _ in
            var buffer = bytes
            var head = RequestHead()
            let isComplete = try? parser.parse(&buffer, into: &head)
            return isComplete == true ? head.fields.entries.count &+ head.path.readableBytes : 0
        }
    }
}
