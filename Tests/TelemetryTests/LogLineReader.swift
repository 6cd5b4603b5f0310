import FoundationEssentials
import Glibc
import NIOCore
import Testing

@testable import Telemetry

/// A value of a JSON log line, read by a decoder that is not ours.
enum LineValue: Decodable, Equatable {
    case text(String)
    case number(Double)
    case flag(Bool)

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else {
            self = .text(try container.decode(String.self))
        }
    }
}

/// Reads a JSON line; its bytes must be one object without any raw control byte, quote rules left to the decoder.
func fields(of line: String) throws -> [String: LineValue] {
    #expect(line.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
    return try JSONDecoder().decode([String: LineValue].self, from: Data(line.utf8))
}

/// Collects what a log writes, through a real file.
final class LogCollector {
    let output: LogOutput
    private let file: CInt

    init() throws {
        var name = Array("/tmp/telemetry-test-XXXXXX".utf8CString)
        file = unsafe mkstemp(&name)
        try #require(file >= 0)
        unsafe _ = unlink(name)
        output = try LogOutput(descriptor: file)
    }

    deinit { close(file) }

    /// How many bytes have arrived.
    var size: Int {
        var status = stat()
        return unsafe fstat(file, &status) == 0 ? Int(status.st_size) : -1
    }

    /// Everything that was written, as lines.
    func finish() -> [String] {
        #expect(output.close(within: .seconds(10)))
        var text = [UInt8](repeating: 0, count: size)
        #expect(unsafe pread(file, &text, text.count, 0) == text.count)
        #expect(text.isEmpty || text.last == UInt8(ascii: "\n"))
        return String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: true)
            .map(String.init)
    }
}

/// 2026-11-21T08:48:42.123Z
let moment = WallTime(seconds: 1_795_250_922, nanoseconds: 123_456_789)

/// What `body` writes.
func written(capacity: Int = 16_384, _ body: (inout OutputRawSpan) -> Void) -> String {
    var out = ByteBuffer()
    out.writeWithOutputRawSpan(minimumWritableBytes: capacity) { body(&$0) }
    return String(buffer: out)
}

func escaped(_ bytes: [UInt8], limit: Int = 8_192) -> String {
    written { $0.write(escaped: ByteBuffer(bytes: bytes).readableBytesSpan, limit: limit) }
}
