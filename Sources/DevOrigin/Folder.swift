import Glibc

/// A folder held open: the only way to the disk, and one that never leaves what it was opened on.
///
/// Names are `FileName`s, which hold no slash, and every step is taken from a descriptor with O_NOFOLLOW. So a symbolic
/// link is never followed, wherever it stands and whenever it appears. All calls block.
struct Folder: Sendable {
    /// What one name stands for.
    struct Entry: Sendable {
        let name: FileName
        let isFolder: Bool
    }

    private let descriptor: Descriptor

    private init(_ descriptor: Descriptor) { self.descriptor = descriptor }

    /// Opens the root. Here alone links are followed: the path is the operator's.
    static func root(_ path: String) throws(OriginFailure) -> Folder {
        let number = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { throw OriginFailure(path: path, errno: errno) }
        return Folder(Descriptor(number))
    }

    func folder(_ name: FileName) throws(DiskFailure) -> Folder {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        let number = unsafe openat(descriptor.number, name.cString, flags)
        guard number >= 0 else { throw DiskFailure(errno: errno) }
        return Folder(Descriptor(number))
    }

    /// Opens a regular file for reading; anything else counts as missing. Never waits for a pipe's other end.
    func file(_ name: FileName) throws(DiskFailure) -> OpenFile {
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
        let number = unsafe openat(descriptor.number, name.cString, flags)
        guard number >= 0 else { throw DiskFailure(errno: errno) }
        return try OpenFile(Descriptor(number))
    }

    /// Makes a new file for writing.
    func create(_ name: FileName) throws(DiskFailure) -> Descriptor {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let number = unsafe openat(descriptor.number, name.cString, flags, 0o644)
        guard number >= 0 else { throw DiskFailure(errno: errno) }
        return Descriptor(number)
    }

    func makeFolder(_ name: FileName) throws(DiskFailure) {
        guard unsafe mkdirat(descriptor.number, name.cString, 0o755) == 0 else { throw DiskFailure(errno: errno) }
    }

    /// Opens a folder, made now when it is not there.
    func folderMadeIfMissing(_ name: FileName) throws(DiskFailure) -> Folder {
        do throws(DiskFailure) {
            return try folder(name)
        } catch .missing {
            do throws(DiskFailure) { try makeFolder(name) } catch .exists {}
            return try folder(name)
        }
    }

    /// Moves a file over whatever file or link has the new name.
    func rename(_ old: FileName, to new: FileName) throws(DiskFailure) {
        let status = unsafe renameat(descriptor.number, old.cString, descriptor.number, new.cString)
        guard status == 0 else { throw DiskFailure(errno: errno) }
    }

    func remove(_ name: FileName) {
        _ = unsafe unlinkat(descriptor.number, name.cString, 0)
    }

    /// What the regular file of that name is; nil when there is none.
    func identity(of name: FileName) -> FileIdentity? {
        var status = stat()
        guard unsafe fstatat(descriptor.number, name.cString, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        return FileIdentity(status)
    }

    /// Regular files and folders in no order; links, pipes and devices are left out.
    func entries() throws(DiskFailure) -> [Entry] {
        let copy = unsafe openat(descriptor.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0 else { throw DiskFailure(errno: errno) }
        guard let stream = unsafe fdopendir(copy) else {
            close(copy)
            throw DiskFailure(errno: errno)
        }
        defer { unsafe closedir(stream) }
        var entries: [Entry] = []
        while let record = unsafe readdir(stream) {
            let bytes = unsafe withUnsafeBytes(of: &record.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
            guard let name = FileName(bytes), let isFolder = isFolder(name, type: Int(unsafe record.pointee.d_type))
            else { continue }
            entries.append(Entry(name: name, isFolder: isFolder))
        }
        return entries
    }

    /// Nil for what is neither a file nor a folder. Some file systems do not tell the type with the name.
    private func isFolder(_ name: FileName, type: Int) -> Bool? {
        switch type {
        case Int(DT_DIR): return true
        case Int(DT_REG): return false
        case Int(DT_UNKNOWN):
            var status = stat()
            guard unsafe fstatat(descriptor.number, name.cString, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
            if status.st_mode & S_IFMT == S_IFDIR { return true }
            return status.st_mode & S_IFMT == S_IFREG ? false : nil
        default: return nil
        }
    }
}
