import Crypto
import NIOConcurrencyHelpers
import NIOCore

/// One upload under way: a temporary file beside its destination, and the digests of what came so far.
///
/// It becomes the object by one rename, so readers see the old object or the new one. Given up, it leaves nothing
/// behind. All calls block; one after the other.
final class Upload: Sendable {
    private struct State {
        var md5 = Insecure.MD5()
        var sha256 = SHA256()
        var isFinished = false
    }

    private let file: Descriptor
    private let temporary: FileName
    private let name: FileName
    private let folder: Folder
    private let fields: ObjectFields
    private let records: ObjectRecords
    private let state = NIOLockedValueBox(State())

    init(
        file: Descriptor, temporary: FileName, name: FileName, folder: Folder, fields: ObjectFields,
        records: ObjectRecords
    ) {
        self.file = file
        self.temporary = temporary
        self.name = name
        self.folder = folder
        self.fields = fields
        self.records = records
    }

    deinit {
        if !state.withLockedValue({ $0.isFinished }) { folder.remove(temporary) }
    }

    func write(_ bytes: ByteBuffer) throws(OriginError) {
        state.withLockedValue { state in
            unsafe bytes.withUnsafeReadableBytes { region in
                unsafe state.md5.update(bufferPointer: region)
                unsafe state.sha256.update(bufferPointer: region)
            }
        }
        do throws(DiskFailure) { try file.append(bytes) } catch { throw error.whenWriting }
    }

    /// Puts the file in its place and gives its tag.
    ///
    /// - Parameter payloadHash: the SHA-256 that the body must have, in lower-case digits; nil for any.
    func finish(payloadHash: String?) throws(OriginError) -> String {
        let (md5, sha256) = state.withLockedValue { ($0.md5.finalize(), $0.sha256.finalize()) }
        if let payloadHash, sha256.hexadecimal != payloadHash { throw .payloadMismatch }
        guard let identity = file.identity else { throw .internal(0) }
        let tag = "\"\(md5.hexadecimal)\""
        let replaced = folder.identity(of: name)
        records.keep(.init(tag: tag, fields: fields), of: identity)
        do throws(DiskFailure) {
            try folder.rename(temporary, to: name)
        } catch {
            records.forget(identity)
            throw error.whenWriting
        }
        if let replaced { records.forgetLater(replaced) }
        state.withLockedValue { $0.isFinished = true }
        return tag
    }
}
