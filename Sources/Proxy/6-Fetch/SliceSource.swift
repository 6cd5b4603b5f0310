import Exchange
import NIOCore

/// A range of an object out of its slices, each of which is opened when its turn comes. Bound to its loop.
final class SliceSource: BodySource {
    private let slicing: Slicing
    private var position: Int64
    private let end: Int64
    private var current: (any BodySource)?
    /// Where the bytes of `current` end.
    private var currentEnd: Int64

    /// `first` brings the first bytes, if it is open already.
    init(_ slicing: Slicing, _ range: Range<Int64>, first: (source: any BodySource, range: Range<Int64>)?) {
        self.slicing = slicing
        position = range.lowerBound
        end = range.upperBound
        current = first?.source
        currentEnd = first?.range.upperBound ?? range.lowerBound
    }

    func takeAvailable() -> AvailableBody {
        guard position < end else { return .end }
        guard position < currentEnd, case .chunk(let bytes)? = current?.takeAvailable() else { return .unknown }
        position += Int64(bytes.readableBytes)
        return .chunk(bytes)
    }

    func next() async throws(Fault) -> ByteBuffer? {
        guard position < end else { return nil }
        if position >= currentEnd {
            let (source, range) = try await slicing.open(position..<end)
            current = source
            currentEnd = range.upperBound
        }
        guard let bytes = try await current?.next(), Int64(bytes.readableBytes) <= currentEnd - position else {
            cancel()
            throw Fault(.originInvalid, detail: "a slice has another length than was said")
        }
        position += Int64(bytes.readableBytes)
        return bytes
    }

    func cancel() {
        current?.cancel()
        current = nil
        position = end
    }
}
