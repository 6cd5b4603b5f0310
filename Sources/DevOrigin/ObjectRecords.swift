import Crypto
import Exchange
import NIOConcurrencyHelpers
import NIOCore

/// What is known of uploaded objects beyond their bytes: the tag and the fields, kept in memory.
///
/// A record belongs to a file in one state, not to a key: a file that was changed or replaced by other means loses it,
/// and a file that was just put into the folder never had one. Such files get a tag made of inode, length and time of
/// change, which costs no reading, and a content type by the ending of their name.
final class ObjectRecords: Sendable {
    struct Record: Sendable {
        /// With its quotes.
        var tag: String
        var fields: ObjectFields
    }

    /// Records beyond this number push others out.
    static let limit = 100_000
    /// Records of replaced files that are kept.
    static let replacedLimit = 1_000

    private struct State {
        var records: [FileIdentity: Record] = [:]
        var replaced = CircularBuffer<FileIdentity>()
    }

    private let state = NIOLockedValueBox(State())

    func keep(_ record: Record, of identity: FileIdentity) {
        state.withLockedValue { state in
            if state.records.count >= Self.limit, let victim = state.records.indices.first {
                state.records.remove(at: victim)
            }
            state.records[identity] = record
        }
    }

    func forget(_ identity: FileIdentity) {
        state.withLockedValue { state in _ = state.records.removeValue(forKey: identity) }
    }

    /// Forgets a file that another has replaced, though not at once: who opened it before asks for its record after.
    func forgetLater(_ identity: FileIdentity) {
        state.withLockedValue { state in
            state.replaced.append(identity)
            if state.replaced.count > Self.replacedLimit, let oldest = state.replaced.popFirst() {
                state.records[oldest] = nil
            }
        }
    }

    func tag(of identity: FileIdentity) -> String {
        state.withLockedValue { $0.records[identity]?.tag } ?? Self.derivedTag(identity)
    }

    /// - Parameter name: the file's name, for the content type of one without a record.
    func record(of identity: FileIdentity, named name: [UInt8]) -> Record {
        var record =
            state.withLockedValue { $0.records[identity] }
            ?? Record(tag: Self.derivedTag(identity), fields: ObjectFields())
        if !record.fields.contains(.contentType) {
            record.fields.set(.contentType, ByteBuffer(staticString: MediaType.of(name)))
        }
        return record
    }

    /// A strong tag in the form of a multipart upload's, which no client takes for the MD5 of the bytes.
    private static func derivedTag(_ identity: FileIdentity) -> String {
        var hash = Insecure.MD5()
        for number in [
            identity.device, identity.inode, UInt64(bitPattern: identity.length), UInt64(bitPattern: identity.seconds),
            UInt64(bitPattern: identity.nanoseconds),
        ] {
            hash.update(data: (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) })
        }
        return "\"\(hash.finalize().hexadecimal)-1\""
    }
}

extension Digest {
    /// Lower-case digits.
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
