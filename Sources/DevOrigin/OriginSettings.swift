import S3

/// What an origin serves, where, and to whom.
package struct OriginSettings: Sendable {
    /// How buckets lie in the folder.
    package enum Layout: Sendable, Equatable {
        /// Each folder right inside is a bucket.
        case foldersAreBuckets
        /// The folder itself is the only bucket.
        case single(bucket: String)
    }

    package var folder: String
    package var layout: Layout
    /// An IP address.
    package var address = "127.0.0.1"
    /// 0 lets the system choose.
    package var port: UInt16 = 0
    package var region = "us-east-1"
    /// The only keys that are accepted.
    package var credentials: Credentials
    /// Uploads are refused.
    package var isReadOnly = false
    /// Event loops.
    package var threads = 1
    /// Seeds request ids; any number, best a random one.
    package var seed: UInt64

    package init(folder: String, layout: Layout, credentials: Credentials, seed: UInt64) {
        self.folder = folder
        self.layout = layout
        self.credentials = credentials
        self.seed = seed
    }
}
