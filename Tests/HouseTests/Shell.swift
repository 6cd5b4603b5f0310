import Glibc

/// Runs a command line and gathers what it prints.
enum Shell {
    struct Outcome {
        var status: Int32
        /// Standard output and standard error together.
        var output: String
    }

    static func run(_ command: String) -> Outcome {
        guard let stream = unsafe popen("(\(command)) 2>&1 </dev/null", "r") else {
            return Outcome(status: -1, output: "popen failed: errno \(errno)")
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe fread($0.baseAddress, 1, $0.count, stream) }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        let status = unsafe pclose(stream)
        return Outcome(status: (status >> 8) & 0xff, output: String(decoding: bytes, as: UTF8.self))
    }
}
