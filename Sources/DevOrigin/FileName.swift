/// The name of a file or folder right inside another: a name that cannot lead anywhere else.
struct FileName: Hashable, Sendable {
    /// 1 … 255 bytes without `/` and NUL, not `.` and not `..`.
    let bytes: [UInt8]

    /// The most bytes a name may have on any file system in use.
    static let limit = 255

    /// Begins the names of unfinished uploads, which are no objects.
    private static let reserved = Array(".yatagarasu-".utf8)

    init?(_ bytes: some Collection<UInt8>) {
        guard !bytes.isEmpty, bytes.count <= Self.limit, !bytes.contains(0), !bytes.contains(UInt8(ascii: "/")),
            !bytes.elementsEqual(".".utf8), !bytes.elementsEqual("..".utf8)
        else { return nil }
        self.bytes = Array(bytes)
    }

    /// The name of the upload that `token` tells from all others.
    static func upload(_ token: String) -> FileName? { FileName(reserved + Array(token.utf8)) }

    var isReserved: Bool { bytes.starts(with: Self.reserved) }

    /// With its NUL.
    var cString: [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }
}
