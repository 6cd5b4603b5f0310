import Glibc

/// The cache's folder, opened and locked: every call on files goes through it, and may wait for the disk.
///
/// Names are looked up from the open folder, so that nothing depends on what is at its path later. Symbolic links are
/// never followed, and nothing is removed but in `tmp` and in the 256 subfolders.
final class DiskFolder: Sendable {
    private static let temporary = "tmp"
    private static let lockName = "lock"

    let root: Int32
    private let lock: Int32

    /// Opens the folder, makes it where it can, and takes its lock.
    init(_ path: String) throws(DiskFailure) {
        Self.make(path)
        root = unsafe Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard root >= 0 else { throw DiskFailure(errno: errno) }
        do throws(DiskFailure) { lock = try Self.lock(in: root) } catch {
            Glibc.close(root)
            throw error
        }
        unsafe _ = mkdirat(root, Self.temporary, 0o700)
    }

    deinit {
        Glibc.close(lock)
        Glibc.close(root)
    }

    /// Lets another process have it, though it is still open here.
    func unlock() { flock(lock, LOCK_UN) }

    /// Makes the folder and those above it.
    private static func make(_ path: String) {
        var position = path.startIndex
        while let slash = path[position...].dropFirst().firstIndex(of: "/") {
            unsafe _ = mkdir(String(path[..<slash]), 0o700)
            position = slash
        }
        unsafe _ = mkdir(path, 0o700)
    }

    private static func lock(in root: Int32) throws(DiskFailure) -> Int32 {
        let flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
        var file = unsafe openat(root, lockName, O_RDWR | O_CREAT | flags, 0o600)
        // What cannot be written may still be read by one process.
        if file < 0, errno == EROFS { file = unsafe openat(root, lockName, O_RDONLY | flags) }
        guard file >= 0 else { throw DiskFailure(errno: errno) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            Glibc.close(file)
            throw DiskFailure(errno: code)
        }
        return file
    }

    // MARK: files

    func open(_ name: DiskName, isWritable: Bool = false) throws(DiskFailure) -> Int32 {
        let access = isWritable ? O_RDWR : O_RDONLY
        let file = unsafe openat(root, name.path, access | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { throw DiskFailure(errno: errno) }
        return file
    }

    /// Makes a temporary file that nobody else has.
    func create(_ number: UInt64) throws(DiskFailure) -> (descriptor: Int32, name: String) {
        let name = Self.temporary + "/" + String(number, radix: 16)
        let file = unsafe openat(root, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw DiskFailure(errno: errno) }
        return (file, name)
    }

    /// Gives a temporary file its name, over what had it.
    func publish(_ temporary: String, as name: DiskName) throws(DiskFailure) {
        if unsafe renameat(root, temporary, root, name.path) == 0 { return }
        guard errno == ENOENT,
            unsafe mkdirat(root, DiskName.subfolder(name.first), 0o700) == 0 || errno == EEXIST,
            unsafe renameat(root, temporary, root, name.path) == 0
        else { throw DiskFailure(errno: errno) }
    }

    /// Removes a file, or a folder in its place that is empty; fine when there is none.
    func remove(_ path: String) throws(DiskFailure) {
        guard unsafe unlinkat(root, path, 0) != 0, errno != ENOENT else { return }
        guard errno == EISDIR || errno == EPERM, unsafe unlinkat(root, path, AT_REMOVEDIR) == 0 else {
            throw DiskFailure(errno: errno)
        }
    }

    func remove(_ name: DiskName) throws(DiskFailure) { try remove(name.path) }

    /// What the file takes, 0 for what is no regular file; nil when there is nothing.
    func size(of path: String) -> Int64? {
        var status = stat()
        guard unsafe fstatat(root, path, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        return status.st_mode & S_IFMT == S_IFREG ? DiskTierSettings.blocks(Int64(status.st_size)) : 0
    }

    // MARK: lists

    /// What a process left behind that ended while it wrote: removed, and counted by `onEach`.
    func removeOrphans(_ onEach: () -> Void) {
        guard let files = try? list(Self.temporary) else { return }
        for file in files {
            guard (try? remove(Self.temporary + "/" + file)) != nil else { continue }
            onEach()
        }
    }

    /// The names in a subfolder; none where there is no such folder.
    func list(_ subfolder: String) throws(DiskFailure) -> [String] {
        let folder = unsafe openat(root, subfolder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
        guard folder >= 0 else {
            if errno == ENOENT { return [] }
            throw DiskFailure(errno: errno)
        }
        guard let stream = unsafe fdopendir(folder) else {
            let code = errno
            Glibc.close(folder)
            throw DiskFailure(errno: code)
        }
        defer { unsafe _ = closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
