import Exchange
import HTTPSemantics
import NIOCore

/// Buckets and objects as folders and files. All calls block.
final class ObjectStore: Sendable {
    private let root: Folder
    private let layout: OriginSettings.Layout
    let records = ObjectRecords()

    init(root: Folder, layout: OriginSettings.Layout) {
        self.root = root
        self.layout = layout
    }

    /// Letters, digits, dots, dashes and underscores, the first a letter or a digit: wider than S3's rule, which wants
    /// lower case and three characters, and safe as a folder's name.
    static func isBucketName(_ name: String) -> Bool {
        guard let first = name.utf8.first, first.isLetterOrDigit, name.utf8.count <= FileName.limit else {
            return false
        }
        return name.utf8.allSatisfy { $0.isLetterOrDigit || [0x2d, 0x2e, 0x5f].contains($0) }
    }

    func bucket(_ name: String) throws(OriginError) -> Folder {
        switch layout {
        case .single(let bucket):
            guard name == bucket else { throw .noSuchBucket }
            return root
        case .foldersAreBuckets:
            guard Self.isBucketName(name), let folder = FileName(name.utf8) else { throw .noSuchBucket }
            do throws(DiskFailure) {
                return try root.folder(folder)
            } catch {
                throw error == .missing || error == .doesNotFit ? .noSuchBucket : error.whenReading
            }
        }
    }

    func createBucket(_ name: String) throws(OriginError) {
        switch layout {
        case .single(let bucket): throw name == bucket ? .bucketExists : .accessDenied
        case .foldersAreBuckets:
            guard Self.isBucketName(name), let folder = FileName(name.utf8) else { throw .invalidBucketName }
            do throws(DiskFailure) {
                try root.makeFolder(folder)
            } catch {
                throw error == .exists ? .bucketExists : error.whenWriting
            }
        }
    }

    /// Opens an object; with `readsAhead` a small one comes with all its bytes.
    func open(_ bucket: String, _ key: ObjectKey, readsAhead: Bool) throws(OriginError) -> StoredObject {
        var folder = try self.bucket(bucket)
        guard let path = key.path, let name = path.last else { throw .noSuchKey }
        do throws(DiskFailure) {
            for step in path.dropLast() { folder = try folder.folder(step) }
            let file = try folder.file(name)
            let record = records.record(of: file.identity, named: name.bytes)
            let isSmall = file.identity.length <= StoredObject.smallLength
            let content =
                readsAhead && isSmall ? try file.descriptor.read(Int(file.identity.length), at: 0) : nil
            return StoredObject(file: file, tag: record.tag, fields: record.fields, content: content)
        } catch {
            throw error.whenReading
        }
    }

    func list(_ bucket: String, _ query: ListQuery) throws(OriginError) -> Listing {
        FolderWalk.list(try self.bucket(bucket), query, records)
    }

    /// Makes the folders of `key` and a temporary file in the last one.
    ///
    /// - Parameter token: tells the upload from all others.
    func beginUpload(
        _ bucket: String, _ key: ObjectKey, fields: ObjectFields, token: String
    ) throws(OriginError) -> Upload {
        var folder = try self.bucket(bucket)
        guard let path = key.path, let name = path.last, let temporary = FileName.upload(token) else {
            throw .invalidArgument("A folder cannot hold this key.")
        }
        do throws(DiskFailure) {
            for step in path.dropLast() { folder = try folder.folderMadeIfMissing(step) }
            let file = try folder.create(temporary)
            return Upload(
                file: file, temporary: temporary, name: name, folder: folder, fields: fields, records: records)
        } catch {
            throw error.whenWriting
        }
    }
}

/// An object that is about to be answered with.
struct StoredObject: Sendable {
    /// Objects up to this many bytes are read along with their opening.
    static let smallLength: Int64 = 64 * 1024

    let file: OpenFile
    /// With its quotes.
    let tag: String
    let fields: ObjectFields
    /// All bytes of a small object that was read along.
    let content: ByteBuffer?

    var length: Int64 { file.identity.length }
    /// In seconds since the epoch.
    var lastModified: Int64 { file.identity.seconds }
}

extension UInt8 {
    var isLetterOrDigit: Bool { (0x30...0x39).contains(self) || (0x41...0x5a).contains(self & 0xdf) }
}
