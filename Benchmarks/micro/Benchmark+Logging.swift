import Exchange
import Glibc
import HTTPWire
import NIOCore
import Telemetry

extension Benchmark {
    static let logging = [
        Benchmark(name: "access-log-line", title: "write a line of the access log in JSON") {
            var bytes = ByteBuffer(string: Sample.browser)
            var parser = RequestParser(limits: WireLimits())
            guard let head = try parser.parse(&bytes) else { throw Failure.operationFailed("access-log-line") }
            let output = try LogOutput(descriptor: unsafe open("/dev/null", O_WRONLY))
            let log = AccessLog(output: output, format: .json)
            let bucket = ByteBuffer(string: "photos")
            let path = Array("/photos/2026/11/raven-00042.jpg".utf8)
            let client = ByteBuffer(string: "192.0.2.147")
            return { number in
                var record = AccessRecord(id: RequestID(random: 0x2026_1121, UInt64(number)))
                record.status = 200
                record.duration = .nanoseconds(Int64(1_843_117 &+ number))
                record.timeToFirstByte = .nanoseconds(Int64(912_503 &+ number))
                record.bytesSent = 1_048_576
                record.bucket = bucket
                record.originStatus = 200
                log.record(record, of: head, from: client, key: path.span.extracting(8...))
                return 1
            }
        }
    ]
}
