import Glibc
import NIOCore

/// An open descriptor; closes with its last owner.
final class Descriptor: Sendable {
    let number: Int32

    init(_ number: Int32) { self.number = number }

    deinit { close(number) }

    /// Reads `count` bytes from `offset`; fewer only where the file ends. Blocks.
    func read(_ count: Int, at offset: Int64) throws(DiskFailure) -> ByteBuffer {
        var buffer = ByteBuffer()
        var failure: DiskFailure?
        unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
            var done = 0
            while done < count {
                let place = unsafe space.baseAddress?.advanced(by: done)
                let taken = unsafe pread(number, place, count - done, off_t(offset) + off_t(done))
                if taken > 0 {
                    done += taken
                } else if taken == 0 {
                    break
                } else if errno != EINTR {
                    failure = DiskFailure(errno: errno)
                    break
                }
            }
            return done
        }
        if let failure { throw failure }
        return buffer
    }

    /// Writes all of `bytes` at the end. Blocks.
    func append(_ bytes: ByteBuffer) throws(DiskFailure) {
        let code: Int32 = unsafe bytes.withUnsafeReadableBytes { region in
            var done = 0
            while done < region.count {
                let written = unsafe write(number, region.baseAddress?.advanced(by: done), region.count - done)
                if written > 0 { done += written } else if written == 0 || errno != EINTR { return errno }
            }
            return 0
        }
        guard code == 0 else { throw DiskFailure(errno: code) }
    }

    /// What the file is now; nil when it is not a regular one.
    var identity: FileIdentity? {
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else { return nil }
        return FileIdentity(status)
    }
}

/// A regular file, open for reading, as it was at that moment.
struct OpenFile: Sendable {
    let descriptor: Descriptor
    let identity: FileIdentity

    init(_ descriptor: Descriptor) throws(DiskFailure) {
        guard let identity = descriptor.identity else { throw .missing }
        self.descriptor = descriptor
        self.identity = identity
    }
}

/// Which file it is and in which state: another inode, length or time is another representation.
struct FileIdentity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
    let length: Int64
    /// When it was last written, since the epoch.
    let seconds: Int64
    let nanoseconds: Int64

    /// Nil for what is no regular file.
    init?(_ status: stat) {
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        length = Int64(status.st_size)
        seconds = Int64(status.st_mtim.tv_sec)
        nanoseconds = Int64(status.st_mtim.tv_nsec)
    }
}
