import Glibc
import Telemetry

/// A log that can be read when all was said.
struct LogFile: Sendable {
    let log: Log
    private let output: LogOutput
    private let descriptor: Int32
    private let path: String
    private let folder: TemporaryFolder

    init(in folder: TemporaryFolder) throws {
        self.folder = folder
        path = try folder.write("client.log", "")
        descriptor = unsafe open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        output = try LogOutput(descriptor: descriptor)
        log = Log(level: .debug, format: .text, output: output)
    }

    func finish() throws -> String {
        _ = output.close(within: .seconds(10))
        close(descriptor)
        return String(decoding: try folder.read(path), as: UTF8.self)
    }
}
