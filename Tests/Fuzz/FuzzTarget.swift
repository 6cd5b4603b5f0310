import Glibc
import NIOCore

/// Something that must hold its promises for any bytes; `scripts/fuzz NAME` feeds it.
struct FuzzTarget: Sendable {
    let name: String
    /// Traps when a promise is broken.
    let run: @Sendable (ByteBuffer) -> Void

    /// Every target: a file of its own holds each.
    static let all: [FuzzTarget] = [
        http1, paths, query, ranges, dates, xml, yaml, json, questions, proxyHeader, forwarded, cacheControl, resp,
        cacheFile,
    ]

    /// The one that the environment names.
    static let chosen: FuzzTarget? = {
        guard let value = unsafe getenv("FUZZ_TARGET") else { return nil }
        let name = unsafe String(cString: value)
        return all.first { $0.name == name }
    }()
}

/// What libFuzzer calls for each input.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard let target = FuzzTarget.chosen else {
        print("FUZZ_TARGET must be one of: \(FuzzTarget.all.map(\.name).joined(separator: ", "))")
        exit(2)
    }
    target.run(unsafe ByteBuffer(bytes: UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}
