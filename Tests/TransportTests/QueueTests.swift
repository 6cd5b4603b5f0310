import NIOCore
import Testing

@testable import Transport

@Suite struct ChunkQueueTests {
    private func chunk(_ number: Int, count: Int = 4) -> ByteBuffer {
        var chunk = ByteBuffer(integer: UInt32(truncatingIfNeeded: number))
        chunk.writeRepeatingByte(0, count: count - 4)
        return chunk
    }

    @Test("HTTP-3: chunks come out in the order they went in, and are counted", arguments: [1, 2, 3, 64, 65, 1_000])
    func order(count: Int) {
        var queue = ChunkQueue()
        #expect(queue.isEmpty && queue.pop() == nil)
        for number in 0..<count { queue.push(chunk(number, count: 10)) }
        #expect(queue.bytes == count * 10)
        for number in 0..<count { #expect(queue.pop()?.getInteger(at: 0, as: UInt32.self) == UInt32(number)) }
        #expect(queue.isEmpty && queue.bytes == 0 && queue.pop() == nil)
    }

    @Test("HTTP-3: a queue that never runs empty does not grow")
    func steady() throws {
        var queue = ChunkQueue()
        queue.push(chunk(0))
        queue.push(chunk(1))
        for number in 2..<100_000 {
            queue.push(chunk(number))
            #expect(queue.pop()?.getInteger(at: 0, as: UInt32.self) == UInt32(number - 2))
        }
        #expect(queue.bytes == 8)
        let kept = try #require(Mirror(reflecting: queue).descendant("rest") as? [ByteBuffer])
        #expect(kept.count < 1_000, "a transfer of any length must leave no trace")
    }

    @Test("HTTP-3: what is given up is gone")
    func removal() {
        var queue = ChunkQueue()
        for number in 0..<5 { queue.push(chunk(number)) }
        _ = queue.pop()
        queue.removeAll()
        #expect(queue.isEmpty && queue.bytes == 0 && queue.pop() == nil)
        queue.push(chunk(9))
        #expect(queue.pop()?.getInteger(at: 0, as: UInt32.self) == 9)
    }
}

@Suite struct WaitingLineTests {
    @Test("S3-6: first come, first served, also after many have left from the middle")
    func order() {
        var line = WaitingLine<Int>()
        for member in 0..<1_000 { line.append(member) }
        for member in stride(from: 0, to: 1_000, by: 3) {
            #expect(line.removeFirst { $0 == member } == member)
            #expect(line.removeFirst { $0 == member } == nil)
        }
        let left = (0..<1_000).filter { $0 % 3 != 0 }
        #expect(line.count == left.count)
        for member in left { #expect(line.popFirst() == member) }
        #expect(line.count == 0 && line.popFirst() == nil)
    }

    @Test("S3-6: a line whose members only ever give up does not grow")
    func impatience() throws {
        var line = WaitingLine<Int>()
        for member in 0..<20_000 {
            line.append(member)
            if member >= 5 { #expect(line.removeFirst { $0 == member - 5 } == member - 5) }
        }
        #expect(line.count == 5)
        let kept = try #require(Mirror(reflecting: line).descendant("members") as? [Int?])
        #expect(kept.count < 1_000)
    }

    @Test("S3-6: the line agrees with a plain list over random steps", arguments: 0..<20)
    func model(seed: UInt64) {
        var random = StepGenerator(state: seed &+ 1)
        var line = WaitingLine<Int>()
        var model: [Int] = []
        for step in 0..<500 {
            switch random.next() % 5 {
            case 0, 1:
                line.append(step)
                model.append(step)
            case 2: #expect(line.popFirst() == (model.isEmpty ? nil : model.removeFirst()))
            default:
                let wanted = Int(random.next() % 500)
                let index = model.firstIndex(of: wanted)
                #expect(line.removeFirst { $0 == wanted } == index.map { model.remove(at: $0) })
            }
            #expect(line.count == model.count)
        }
    }

    private struct StepGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
    }
}
