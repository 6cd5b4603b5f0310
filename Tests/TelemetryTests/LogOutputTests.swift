import Glibc
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import Telemetry

@Suite(.timeLimit(.minutes(1))) struct LogOutputTests {
    @Test("OBS-1: a pipe that nobody reads costs lines, never time")
    func backPressure() throws {
        let ends = try pipeEnds()
        let output = try LogOutput(descriptor: ends.write, capacity: 1 << 20)
        let line = ByteBuffer(string: String(repeating: "x", count: 1_023) + "\n")
        let clock = ContinuousClock()
        let count = 20_000
        let time = clock.measure {
            for _ in 0..<count { output.enqueue(line, lines: 1) }
        }
        // a loop would be hurt by a wait, not by the work: 20,000 appends are far below this
        #expect(time < .seconds(5))
        let droppedEarly = output.droppedLines
        #expect(droppedEarly > count / 2)
        let closing = clock.measure { #expect(!output.close(within: .milliseconds(50))) }
        #expect(closing < .seconds(5))
        // after the close nothing more is taken; once somebody reads, what was taken arrives
        output.enqueue(line, lines: 1)
        #expect(output.droppedLines == droppedEarly + 1)
        let expected = (count - droppedEarly) * 1_024
        var got = 0
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while got < expected, case let taken = unsafe read(ends.read, &chunk, chunk.count), taken > 0 { got += taken }
        #expect(got == expected)
        #expect(output.close(within: .seconds(10)))
        ends.close()
    }

    @Test("OBS-1: a full disk costs lines and is counted")
    func fullDisk() throws {
        let full = unsafe open("/dev/full", O_WRONLY | O_CLOEXEC)
        try #require(full >= 0)
        let failures = NIOLockedValueBox<[CInt]>([])
        let output = try LogOutput(descriptor: full) { code in failures.withLockedValue { $0.append(code) } }
        for _ in 0..<10 { output.enqueue(ByteBuffer(string: "one\ntwo\n"), lines: 2) }
        #expect(output.close(within: .seconds(10)))
        #expect(output.droppedLines == 20)
        #expect(failures.withLockedValue { $0 } == [ENOSPC], "told once, not for each line")
        close(full)
    }

    @Test("OBS-1: a reader that went away costs lines, not the process")
    func brokenPipe() throws {
        let ends = try pipeEnds()
        close(ends.read)
        let output = try LogOutput(descriptor: ends.write)
        output.enqueue(ByteBuffer(string: "one\n"), lines: 1)
        #expect(output.close(within: .seconds(10)))
        #expect(output.droppedLines == 1)
        close(ends.write)
    }

    @Test("OBS-1: a descriptor in non-blocking mode loses nothing while its reader is slow")
    func nonBlocking() throws {
        let ends = try pipeEnds()
        #expect(fcntl(ends.write, F_SETFL, O_NONBLOCK) == 0)
        let output = try LogOutput(descriptor: ends.write)
        let big = ByteBuffer(string: String(repeating: "y", count: 299_999) + "\n")
        output.enqueue(big, lines: 1)
        var got = 0
        var chunk = [UInt8](repeating: 0, count: 1_000)
        while got < 300_000, case let taken = unsafe read(ends.read, &chunk, chunk.count), taken > 0 { got += taken }
        #expect(got == 300_000)
        #expect(output.close(within: .seconds(10)))
        #expect(output.droppedLines == 0)
        ends.close()
    }

    @Test("OBS-1: a line that was torn is ended before the next one")
    func tornLine() throws {
        let ends = try pipeEnds()
        let after = try pipeEnds()
        #expect(fcntl(ends.write, F_SETFL, O_NONBLOCK) == 0)
        let output = try LogOutput(descriptor: ends.write)
        // the pipe takes 65,536 bytes of it, then the reader leaves
        output.enqueue(ByteBuffer(string: String(repeating: "z", count: 70_000) + "\n"), lines: 1)
        usleep(20_000)
        #expect(output.droppedLines == 0)
        close(ends.read)
        while output.droppedLines == 0 { usleep(1_000) }
        #expect(dup2(after.write, ends.write) == ends.write)
        output.enqueue(ByteBuffer(string: "whole\n"), lines: 1)
        #expect(output.close(within: .seconds(10)))
        var text = [UInt8](repeating: 0, count: 100)
        let count = unsafe read(after.read, &text, text.count)
        #expect(String(decoding: text[..<max(count, 0)], as: UTF8.self) == "\nwhole\n")
        close(ends.write)
        after.close()
    }

    @Test("OBS-1: lines of many threads arrive whole, each once")
    func manyThreads() async throws {
        let ends = try pipeEnds()
        let output = try LogOutput(descriptor: ends.write)
        let reader = Task.detached { () -> [UInt8] in
            var all: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 65_536)
            while case let taken = unsafe read(ends.read, &chunk, chunk.count), taken > 0 { all += chunk[..<taken] }
            return all
        }
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    for number in 0..<2_000 { output.enqueue(ByteBuffer(string: "\(worker) \(number)\n"), lines: 1) }
                }
            }
        }
        #expect(output.close(within: .seconds(20)))
        close(ends.write)
        let lines = String(decoding: await reader.value, as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(output.droppedLines == 0)
        #expect(lines.count == 8_000)
        #expect(Set(lines).count == 8_000)
        close(ends.read)
    }

    private struct Ends: Sendable {
        let read: CInt
        let write: CInt

        func close() {
            _ = Glibc.close(read)
            _ = Glibc.close(write)
        }
    }

    private func pipeEnds() throws -> Ends {
        var ends: [CInt] = [0, 0]
        try #require(unsafe pipe(&ends) == 0)
        return Ends(read: ends[0], write: ends[1])
    }
}
