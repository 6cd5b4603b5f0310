import Exchange
import NIOCore

/// The fields that come with an upload and go with every answer: content type and kin, and the object's own metadata.
struct ObjectFields: Sendable, Equatable {
    struct Line: Sendable, Equatable {
        var name: FieldName
        /// `name: value CRLF`.
        var bytes: ByteBuffer
    }

    private(set) var lines: [Line] = []

    private static let kept: Set<FieldName> = [
        .cacheControl, .contentDisposition, .contentEncoding, .contentLanguage, .contentType, .expires, .amzMeta,
    ]

    init() {}

    /// What of an upload's fields is kept. Names of metadata are kept in lower case, as S3 does.
    init(upload fields: FieldBlock) {
        for entry in fields.entries where Self.kept.contains(entry.name) {
            var line = ByteBuffer()
            if entry.name == .amzMeta {
                line.writeString(String(buffer: fields.name(entry)).lowercased())
            } else {
                line.writeStaticString(entry.name.name)
            }
            line.writeStaticString(": ")
            var value = fields.value(entry)
            line.writeBuffer(&value)
            line.writeStaticString("\r\n")
            lines.append(Line(name: entry.name, bytes: line))
        }
    }

    func contains(_ name: FieldName) -> Bool { lines.contains { $0.name == name } }

    /// Puts the only field of that name. The value holds no control character.
    mutating func set(_ name: FieldName, _ value: ByteBuffer) {
        var line = ByteBuffer()
        line.writeStaticString(name.name)
        line.writeStaticString(": ")
        line.writeImmutableBuffer(value)
        line.writeStaticString("\r\n")
        lines.removeAll { $0.name == name }
        lines.append(Line(name: name, bytes: line))
    }
}
