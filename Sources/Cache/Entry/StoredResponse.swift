import HTTPSemantics
import NIOCore
import Network

/// A response as it is kept: its head, and its body or where that is.
///
/// Immutable and shared by all loops. A revalidation makes another one around the same body.
package final class StoredResponse: Sendable {
    package let head: StoredHead
    package let body: StoredBody

    package init(_ head: StoredHead, _ body: StoredBody) {
        self.head = head
        self.body = body
    }

    /// Bytes that it holds in memory, what it costs beside them left out.
    package var residentBytes: Int {
        switch body {
        case .none, .file: head.lines.readableBytes
        case .whole(let bytes): head.lines.readableBytes + bytes.readableBytes
        case .chunks(let chunks): head.lines.readableBytes + chunks.reduce(0) { $0 + $1.readableBytes }
        }
    }
}

/// What is known of a stored response without its body.
package struct StoredHead: Sendable {
    package enum Kind: UInt8, Sendable {
        /// An object, or a slice of one.
        case object = 1
        /// The origin said that there is none.
        case missing = 2
        /// A list of field names: the responses stand below it, one for each set of those fields' values.
        case varies = 3
        /// Not to be stored for a while: who asks need not wait for each other.
        case unstorable = 4
    }

    package var kind: Kind
    package var status: UInt16
    /// The kept field lines (`name: value CRLF`), encoded as they are sent. With `varies` the names, each with CRLF.
    package var lines: ByteBuffer
    /// The body's length; that of the whole object stands in `completeLength`.
    package var length: Int64
    /// The whole object's length; greater than `length` for a slice.
    package var completeLength: Int64
    package var freshness: Freshness
    /// Where the ETag's value stands among `lines`; empty when there is none.
    package var etag: Range<Int>
    /// Seconds since the epoch.
    package var lastModified: Int64?
    /// The origin's Date, in seconds since the epoch; the time of arrival where it sent none.
    package var date: Int64
    /// With `varies`: the mark that its variants' keys carry.
    package var mark: UInt64

    package init(
        kind: Kind, status: UInt16, lines: ByteBuffer, length: Int64, completeLength: Int64? = nil,
        freshness: Freshness, etag: Range<Int> = 0..<0, lastModified: Int64? = nil, date: Int64 = 0, mark: UInt64 = 0
    ) {
        self.kind = kind
        self.status = status
        self.lines = lines
        self.length = length
        self.completeLength = completeLength ?? length
        self.freshness = freshness
        self.etag = etag
        self.lastModified = lastModified
        self.date = date
        self.mark = mark
    }
}

/// Where a stored response's body is.
package enum StoredBody: Sendable {
    case none
    case whole(ByteBuffer)
    /// In order, none of them empty.
    case chunks([ByteBuffer])
    /// In a file that stays open as long as somebody holds it.
    case file(any StoredFile)
}

/// A body in a file, readable from any loop without blocking it.
package protocol StoredFile: AnyObject, Sendable {
    var length: Int64 { get }
    /// The bytes from `offset` on, at least one and at most `limit`, if they can be had without a wait.
    func readAtOnce(at offset: Int64, limit: Int) -> ByteBuffer?
    /// The same, read by a thread of the pool meanwhile. Resumes on `loop`, where it must be called.
    func read(at offset: Int64, limit: Int, on loop: LoopContext) async throws(StoredFileFailure) -> ByteBuffer
    /// Hands out the descriptor and where the body begins in it, for as long as `use` runs: for sendfile, which gives
    /// back what the system said.
    func withDescriptor(_ use: (_ descriptor: Int32, _ start: Int64) -> Int) -> Int
    /// Whether these bytes are in the system's memory, so that sendfile does not wait for a disk; false when that
    /// cannot be told.
    func isResident(_ range: Range<Int64>) -> Bool
    /// Has a thread of the pool read these bytes into the system's memory, so that sendfile finds them there.
    func makeResident(_ range: Range<Int64>, on loop: LoopContext) async throws(StoredFileFailure)
}

/// Why a stored body cannot be read to its end.
package enum StoredFileFailure: Error, Equatable, Sendable {
    /// The file is shorter than its head says.
    case truncated
    /// The system's own error number.
    case system(Int32)
    /// Too many reads wait already.
    case overloaded
}
