/// The key of an object: 1 … 1,024 bytes of UTF-8 that name no way out of the bucket.
struct ObjectKey: Hashable, Sendable {
    let bytes: [UInt8]

    /// The most bytes of a key ("Naming Amazon S3 objects" in the S3 user guide).
    static let limit = 1_024

    /// A NUL, bytes that are no UTF-8, and segments that are `.` or `..` are refused like what S3 cannot parse.
    init(_ bytes: [UInt8]) throws(OriginError) {
        guard bytes.count <= Self.limit else { throw .keyTooLong }
        guard !bytes.isEmpty, !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil else {
            throw .invalidURI
        }
        for segment in bytes.split(separator: UInt8(ascii: "/")) {
            if segment.elementsEqual(".".utf8) || segment.elementsEqual("..".utf8) { throw .invalidURI }
        }
        self.bytes = bytes
    }

    /// The folders and the file that stand for the key; nil when a file system cannot hold it: an empty segment, one
    /// longer than a name may be, or one that is reserved.
    var path: [FileName]? {
        var names: [FileName] = []
        for segment in bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard let name = FileName(segment), !name.isReserved else { return nil }
            names.append(name)
        }
        return names
    }
}
