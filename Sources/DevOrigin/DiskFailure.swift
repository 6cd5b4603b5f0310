import Glibc

/// Why the disk did not do what was asked.
enum DiskFailure: Error, Equatable, Sendable {
    /// There is no such file or folder, or it is a link or a device, which are taken for nothing.
    case missing
    case exists
    /// A file stands where a folder is wanted, or the other way round, or the name is too long.
    case doesNotFit
    /// By its errno.
    case other(Int32)

    init(errno code: Int32) {
        switch code {
        case ENOENT, ELOOP, ENXIO: self = .missing
        case EEXIST: self = .exists
        case ENOTDIR, EISDIR, ENAMETOOLONG, ENOTEMPTY, EINVAL, EILSEQ: self = .doesNotFit
        default: self = .other(code)
        }
    }

    /// For whoever asked for an object.
    var whenReading: OriginError {
        switch self {
        case .missing, .exists, .doesNotFit, .other(EACCES), .other(EPERM): .noSuchKey
        case .other(let code): .internal(code)
        }
    }

    /// For whoever uploads one.
    var whenWriting: OriginError {
        switch self {
        case .missing, .exists, .doesNotFit:
            .invalidArgument("The folder cannot hold this key beside what is there already.")
        case .other(EACCES), .other(EPERM), .other(EROFS): .accessDenied
        case .other(let code): .internal(code)
        }
    }
}
