import Glibc
import Network

/// Why an origin cannot start.
package enum OriginFailure: Error, Equatable, Sendable {
    case folderMissing(path: String)
    case notAFolder(path: String)
    /// By its errno.
    case folderUnreadable(path: String, code: Int32)
    /// Not a name that S3 and a folder can have both.
    case badBucketName(String)
    case bind(BindFailure, address: String, port: Int)

    init(path: String, errno code: Int32) {
        switch code {
        case ENOENT: self = .folderMissing(path: path)
        case ENOTDIR: self = .notAFolder(path: path)
        default: self = .folderUnreadable(path: path, code: code)
        }
    }

    /// One line for the operator.
    package var explanation: String {
        switch self {
        case .folderMissing(let path): "there is no folder \(path)"
        case .notAFolder(let path): "\(path) is not a folder"
        case .folderUnreadable(let path, EACCES): "the folder \(path) cannot be read: permission denied"
        case .folderUnreadable(let path, let code): "the folder \(path) cannot be read: system error \(code)"
        case .badBucketName(let name): "\(name) is not a bucket's name: letters, digits, dots and dashes"
        case .bind(let failure, let address, let port): failure.explanation(address: address, port: port)
        }
    }
}
