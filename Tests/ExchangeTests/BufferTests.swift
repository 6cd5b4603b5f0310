import NIOCore
import Testing

@testable import Exchange

@Suite struct BufferTests {
    /// Where a buffer's bytes stand.
    private static func place(_ buffer: ByteBuffer) -> UInt {
        unsafe buffer.withVeryUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
    }

    @Test("HTTP-3: a buffer that came back is lent again, empty and in its place")
    func reuse() {
        var shelf = BufferShelf()
        var buffer = shelf.take(1_000)
        buffer.writeRepeatingByte(7, count: 1_000)
        let place = Self.place(buffer)
        shelf.put(buffer)
        buffer = ByteBuffer()
        let again = shelf.take(500)
        #expect(Self.place(again) == place && again.readableBytes == 0 && again.writableBytes >= 500)
    }

    @Test("HTTP-3: bytes that somebody still holds are never written over")
    func held() {
        var shelf = BufferShelf()
        var buffer = shelf.take(100)
        buffer.writeRepeatingByte(7, count: 100)
        let held = buffer
        shelf.put(buffer)
        buffer = shelf.take(100)
        buffer.writeRepeatingByte(8, count: 100)
        #expect(held == ByteBuffer(repeating: 7, count: 100))
    }

    @Test("HTTP-6: the shelf keeps few and small buffers")
    func bounds() {
        var shelf = BufferShelf()
        shelf.put(ByteBuffer(repeating: 1, count: 1 << 20))
        #expect(shelf.take(10).storageCapacity < 1 << 20)
        for _ in 0..<1_000 { shelf.put(ByteBuffer(repeating: 1, count: 64)) }
        #expect(shelf.count <= 64)
    }
}
