import Glibc
import HTTPSemantics

/// A failure to run another program; the tests that need it fail, they do not skip.
struct ProgramFailure: Error {
    let command: String
    let status: Int32
}

/// What `command` prints, line by line.
func lines(of command: String) throws -> [String] {
    guard let pipe = unsafe popen(command, "r") else { throw ProgramFailure(command: command, status: -1) }
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = unsafe fread(&chunk, 1, chunk.count, pipe)
        if count == 0 { break }
        output += chunk[0..<count]
    }
    let status = unsafe pclose(pipe)
    guard status == 0 else { throw ProgramFailure(command: command, status: status) }
    return String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
}

/// The tab-separated fields of one line of the oracle.
struct OracleLine {
    let kind: String
    private let fields: [String]
    private var index = 0

    init(_ line: String) {
        let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        kind = parts[0]
        fields = Array(parts.dropFirst())
    }

    mutating func bytes() throws -> [UInt8] { try Self.bytes(next()) }
    mutating func text() throws -> String { String(decoding: try bytes(), as: UTF8.self) }

    mutating func list() throws -> [[UInt8]] {
        let field = try next()
        if field == "-" { return [] }
        return try field.split(separator: ",", omittingEmptySubsequences: false).map { try Self.bytes(String($0)) }
    }

    private mutating func next() throws -> String {
        guard index < fields.count else { throw ProgramFailure(command: "oracle: too few fields", status: 0) }
        index += 1
        return fields[index - 1]
    }

    private static func bytes(_ hex: String) throws -> [UInt8] {
        var out: [UInt8] = []
        var high: UInt8?
        for digit in hex.utf8 {
            guard let value = digit.hexDigit else { throw ProgramFailure(command: "oracle: bad digit", status: 0) }
            if let first = high {
                out.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return out
    }
}
