import CLinux
import Glibc
import NIOCore

/// An open file; closes with its last owner, on a thread of the pool: the last close of a removed file frees its
/// blocks.
///
/// Everything but `readAtOnce` may wait for the disk.
final class DiskDescriptor: Sendable {
    let number: Int32
    private let pool: DiskPool

    init(_ number: Int32, _ pool: DiskPool) {
        self.number = number
        self.pool = pool
    }

    deinit {
        let number = number
        if !pool.owe({ close(number) }) { close(number) }
    }

    /// Regular files' length; nil for what is none.
    func length() -> Int64? {
        var status = stat()
        guard unsafe fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int64(status.st_size)
    }

    /// One read of at most `count` bytes: what the system gave, or its error number.
    func readSome(_ count: Int, at offset: Int64, ifCached: Bool = false) throws(StoredFileFailure) -> ByteBuffer {
        var buffer = ByteBuffer()
        var code: Int32 = 0
        unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
            let taken = unsafe read(into: UnsafeMutableRawBufferPointer(rebasing: space[..<count]), offset, ifCached)
            if taken < 0 { code = errno }
            return max(0, taken)
        }
        guard code == 0 else { throw .system(code) }
        return buffer
    }

    /// All `count` bytes.
    func readAll(_ count: Int, at offset: Int64) throws(StoredFileFailure) -> ByteBuffer {
        var all = try readSome(count, at: offset)
        while all.readableBytes < count {
            let done = all.readableBytes
            var more = try readSome(count - done, at: offset + Int64(done))
            guard more.readableBytes > 0 else { throw .truncated }
            all.writeBuffer(&more)
        }
        return all
    }

    /// Reads `range` to its end through a small buffer and shows each piece.
    func walk(_ range: Range<Int64>, _ show: (RawSpan) -> Void) throws(StoredFileFailure) {
        let size = Int(min(256 * 1024, max(1, range.upperBound - range.lowerBound)))
        let space = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 4096)
        defer { unsafe space.deallocate() }
        var position = range.lowerBound
        while position < range.upperBound {
            let wanted = Int(min(Int64(size), range.upperBound - position))
            let taken = unsafe read(into: UnsafeMutableRawBufferPointer(rebasing: space[..<wanted]), position, false)
            guard taken >= 0 else { throw .system(errno) }
            guard taken > 0 else { throw .truncated }
            show(unsafe RawSpan(_unsafeBytes: space[..<taken]))
            position += Int64(taken)
        }
    }

    /// Writes all of `bytes` at `offset`.
    func write(_ bytes: ByteBuffer, at offset: Int64) throws(DiskFailure) {
        let code: Int32 = unsafe bytes.withUnsafeReadableBytes { region in
            var done = 0
            while done < region.count {
                let place = unsafe region.baseAddress?.advanced(by: done)
                let written = unsafe pwrite(number, place, region.count - done, off_t(offset) + off_t(done))
                if written > 0 {
                    done += written
                } else if written == 0 {
                    return EIO
                } else if errno != EINTR {
                    return errno
                }
            }
            return 0
        }
        guard code == 0 else { throw DiskFailure(errno: code) }
    }

    private func read(into space: UnsafeMutableRawBufferPointer, _ offset: Int64, _ ifCached: Bool) -> Int {
        while true {
            let taken =
                unsafe ifCached
                ? read_if_cached(number, space.baseAddress, space.count, off_t(offset))
                : pread(number, space.baseAddress, space.count, off_t(offset))
            guard taken < 0, errno == EINTR else { return taken }
        }
    }
}
