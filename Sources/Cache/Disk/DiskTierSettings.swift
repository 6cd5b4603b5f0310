import NIOCore

/// What a disk tier may use.
package struct DiskTierSettings: Sendable {
    package var folder: String
    /// All files together, those included that are being written; each counts in blocks of 4 KiB.
    package var maxBytes: Int64
    /// How many responses keep their files open.
    package var openFiles: Int
    /// How long the tier waits after a failure before it tries again.
    package var retryAfter: TimeAmount

    package init(folder: String, maxBytes: Int64, openFiles: Int, retryAfter: TimeAmount) {
        self.folder = folder
        self.maxBytes = maxBytes
        self.openFiles = openFiles
        self.retryAfter = retryAfter
    }

    /// What a file of that length takes.
    static func blocks(_ length: Int64) -> Int64 { (length + 4095) & ~4095 }
}
