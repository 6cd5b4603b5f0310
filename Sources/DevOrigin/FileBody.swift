import Exchange
import NIOCore

/// A stretch of a file, pulled in chunks that a thread of the disk reads.
final class FileBody: BodySource {
    static let chunkLength: Int64 = 256 * 1024

    private let file: Descriptor
    private let disk: Disk
    private var offset: Int64
    private var remaining: Int64

    init(_ file: Descriptor, from offset: Int64, length: Int64, disk: Disk) {
        self.file = file
        self.disk = disk
        self.offset = offset
        remaining = length
    }

    func takeAvailable() -> AvailableBody { .unknown }

    /// A file that became shorter meanwhile is a failure: the length is promised already.
    func next() async throws(Fault) -> ByteBuffer? {
        guard remaining > 0 else { return nil }
        let count = min(remaining, Self.chunkLength)
        let chunk: ByteBuffer
        do throws(OriginError) {
            chunk = try await disk.run { [file, offset] () throws(OriginError) in
                do throws(DiskFailure) { return try file.read(Int(count), at: offset) } catch {
                    throw error.whenReading
                }
            }
        } catch {
            throw Fault(.internal, detail: error.code)
        }
        guard Int64(chunk.readableBytes) == count else { throw Fault(.internal, detail: "the file became shorter") }
        offset += count
        remaining -= count
        return chunk
    }

    func cancel() { remaining = 0 }
}
