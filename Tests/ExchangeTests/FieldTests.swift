import NIOCore
import Testing

@testable import Exchange

@Suite struct FieldTests {
    private static func recognise(_ name: some Sequence<UInt8>) -> FieldName {
        let bytes = ByteBuffer(bytes: name)
        return FieldName.recognise(bytes.readableBytesSpan)
    }

    static let listed = FieldName.allCases.filter { $0 != .other && $0 != .amzMeta && $0 != .amzOther }

    @Test("HTTP-1: every listed name is recognised, in any case", arguments: listed)
    func recognises(_ field: FieldName) {
        let name = "\(field.name)"
        #expect(Self.recognise(name.utf8) == field)
        #expect(Self.recognise(name.utf8.map { (0x61...0x7a).contains($0) ? $0 & 0xdf : $0 }) == field)
        #expect(
            !name.isEmpty
                && name.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d })
    }

    @Test("HTTP-6: a name that differs in one byte is another name", arguments: listed)
    func differs(_ field: FieldName) {
        let name = Array("\(field.name)".utf8)
        for at in name.indices {
            for byte in UInt8.min...UInt8.max where byte != name[at] {
                let isOtherCase = (0x61...0x7a).contains(name[at]) && byte == name[at] & 0xdf
                var changed = name
                changed[at] = byte
                if (Self.recognise(changed) == field) != isOtherCase { Issue.record("\(field.name): \(byte) at \(at)") }
            }
        }
        #expect(Self.recognise(name + [0x61]) != field && Self.recognise(name.dropLast()) != field)
    }

    @Test("HTTP-1: Amazon's names are known by their prefix")
    func amazon() {
        #expect(Self.recognise("X-Amz-Meta-Colour".utf8) == .amzMeta)
        #expect(Self.recognise("x-amz-meta-".utf8) == .amzMeta)
        #expect(Self.recognise("x-amz-meta".utf8) == .amzOther)
        #expect(Self.recognise("x-amz-storage-class".utf8) == .amzOther)
        #expect(Self.recognise("x-amz-a".utf8) == .amzOther)
        #expect(Self.recognise("x-amz".utf8) == .other)
        #expect(Self.recognise("".utf8) == .other)
    }

    @Test("HTTP-1: a block gives names and values in place, also when its bytes do not begin the buffer")
    func block() {
        var bytes = ByteBuffer(string: "..Host: a\r\nX: \r\nhost: b\r\n")
        bytes.moveReaderIndex(forwardBy: 2)
        let block = FieldBlock(
            bytes: bytes,
            entries: [
                .init(name: .host, nameStart: 0, nameLength: 4, valueStart: 6, valueLength: 1),
                .init(name: .other, nameStart: 9, nameLength: 1, valueStart: 12, valueLength: 0),
                .init(name: .host, nameStart: 14, nameLength: 4, valueStart: 20, valueLength: 1),
            ])
        #expect(block.string(.host) == "a")
        #expect(block.contains(.host) && !block.contains(.range) && block.value(.range) == nil)
        #expect(block.first(.host) == block.entries[0])
        #expect(String(buffer: block.name(block.entries[2])) == "host")
        #expect(block.value(block.entries[1]) == ByteBuffer())
        var out = ByteBuffer()
        for entry in block.entries { block.copy(entry, to: &out) }
        #expect(String(buffer: out) == "Host: a\r\nX: \r\nhost: b\r\n")
    }
}
