import NIOCore

/// The fields of one head, in place: the bytes as received and an entry of offsets for each field line.
///
/// Nothing is copied and no `String` is made. Values carry no surrounding white space (RFC 9112 §5).
@usableFromInline package struct FieldBlock: Sendable {
    /// One field line: offsets into `FieldBlock.bytes`, counted from its reader index.
    @usableFromInline package struct Entry: Sendable, Equatable {
        @usableFromInline package var name: FieldName
        @usableFromInline package var nameStart: UInt32
        @usableFromInline package var nameLength: UInt32
        @usableFromInline package var valueStart: UInt32
        @usableFromInline package var valueLength: UInt32

        /// Where the value stands among the block's bytes.
        @inlinable @inline(__always)
        package var value: Range<Int> { Int(valueStart)..<(Int(valueStart) &+ Int(valueLength)) }

        @inlinable @inline(__always)
        package init(
            name: FieldName, nameStart: UInt32, nameLength: UInt32, valueStart: UInt32, valueLength: UInt32
        ) {
            self.name = name
            self.nameStart = nameStart
            self.nameLength = nameLength
            self.valueStart = valueStart
            self.valueLength = valueLength
        }
    }

    package var bytes: ByteBuffer
    package var entries: [Entry]

    package init(bytes: consuming ByteBuffer = ByteBuffer(), entries: consuming [Entry] = []) {
        self.bytes = bytes
        self.entries = entries
    }

    /// The first field of that name. Not for `.other`, `.amzMeta` and `.amzOther`, which stand for many names.
    package func first(_ name: FieldName) -> Entry? {
        for entry in entries where entry.name == name { return entry }
        return nil
    }

    package func contains(_ name: FieldName) -> Bool { first(name) != nil }

    /// The value of the first field of that name, sharing the block's storage.
    package func value(_ name: FieldName) -> ByteBuffer? { first(name).map(value) }

    /// The value of `entry`, sharing the block's storage.
    package func value(_ entry: Entry) -> ByteBuffer {
        bytes.getSlice(at: bytes.readerIndex + Int(entry.valueStart), length: Int(entry.valueLength)) ?? ByteBuffer()
    }

    /// The name of `entry` as received, sharing the block's storage.
    package func name(_ entry: Entry) -> ByteBuffer {
        bytes.getSlice(at: bytes.readerIndex + Int(entry.nameStart), length: Int(entry.nameLength)) ?? ByteBuffer()
    }

    /// The value as text, for logs and rare paths.
    package func string(_ name: FieldName) -> String? { value(name).map { String(buffer: $0) } }

    /// Appends `entry` as a field line (`name: value CRLF`) to `out`.
    package func copy(_ entry: Entry, to out: inout ByteBuffer) {
        var name = name(entry)
        var value = value(entry)
        out.writeBuffer(&name)
        out.writeStaticString(": ")
        out.writeBuffer(&value)
        out.writeStaticString("\r\n")
    }
}
