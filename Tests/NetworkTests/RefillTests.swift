import NIOCore
import Testing

@testable import Network

@Suite struct RefillTests {
    private static func refill(_ buffer: inout ByteBuffer, _ byte: UInt8, _ count: Int) {
        buffer.refill(ByteBuffer(repeating: byte, count: count).readableBytesSpan)
    }

    private static func place(_ buffer: ByteBuffer) -> UInt {
        unsafe buffer.withVeryUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
    }

    @Test("HTTP-3: the memory of what was read is used again, and bytes that wait stay in front")
    func reuse() {
        var buffer = ByteBuffer()
        Self.refill(&buffer, 1, 900)
        let place = Self.place(buffer)
        buffer.moveReaderIndex(forwardBy: 900)
        Self.refill(&buffer, 2, 700)
        #expect(Self.place(buffer) == place && buffer == ByteBuffer(repeating: 2, count: 700))
        Self.refill(&buffer, 3, 5_000)
        #expect(buffer.readableBytes == 5_700)
        #expect(buffer.readSlice(length: 700) == ByteBuffer(repeating: 2, count: 700))
        #expect(buffer == ByteBuffer(repeating: 3, count: 5_000))
    }

    @Test("HTTP-3: a part that somebody holds stays as it is")
    func held() {
        var buffer = ByteBuffer()
        Self.refill(&buffer, 1, 300)
        let held = buffer.readSlice(length: 300)
        Self.refill(&buffer, 2, 300)
        #expect(held == ByteBuffer(repeating: 1, count: 300) && buffer == ByteBuffer(repeating: 2, count: 300))
    }

    @Test("HTTP-6: much memory is not kept for little")
    func bounds() {
        var buffer = ByteBuffer(repeating: 1, count: 100_000)
        buffer.moveReaderIndex(forwardBy: 100_000)
        Self.refill(&buffer, 2, 10)
        #expect(buffer.storageCapacity < 1_024 && buffer == ByteBuffer(repeating: 2, count: 10))
    }
}
