import Glibc

/// What `Benchmarks/micro/run` calls: once for times and allocations, and for each row where instructions are counted.
@main
enum MicroBenchmarks {
    private static let usage = """
        usage: MicroBenchmarks measure [ROW…]       times and allocations: lines of name, title, ns, allocations
               MicroBenchmarks overhead         what an entry of the memory cache costs: name, title, bytes
               MicroBenchmarks scaling          look-ups in caches of several sizes and by several threads
               MicroBenchmarks repeat ROW COUNT     one row so often, for a tool that counts instructions
        """

    static func main() {
        do {
            try run(Array(CommandLine.arguments.dropFirst()))
        } catch {
            refuse("\(error)")
        }
    }

    private static func run(_ words: [String]) throws {
        switch (words.first, words.count) {
        case ("measure", _):
            try measure(words.count == 1 ? Benchmark.all : words.dropFirst().map(row))
        case ("overhead", 1):
            for row in try CacheOverhead.measure() { print(row.name, row.title, row.bytes, separator: "\t") }
        case ("scaling", 1):
            CacheScaling.report()
        case ("repeat", 3):
            guard let count = Int(words[2]) else { refuse(usage) }
            print(repeated(count, try row(words[1]).warmedUp()))
        default:
            refuse(usage)
        }
    }

    private static func measure(_ rows: [Benchmark]) throws {
        try AllocationCount.check()
        for row in rows {
            let operation = try row.warmedUp()
            let time = try Stopwatch.perCall(of: operation)
            let allocations = try AllocationCount.perCall(10_000, of: operation)
            print(row.name, row.title, time, allocations, separator: "\t")
        }
    }

    private static func row(_ name: String) -> Benchmark {
        guard let row = Benchmark.all.first(where: { $0.name == name }) else {
            refuse("no row \(name); there are: \(Benchmark.all.map(\.name).joined(separator: ", "))")
        }
        return row
    }

    private static func refuse(_ message: String) -> Never {
        var message = message + "\n"
        message.withUTF8 { unsafe _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
        exit(2)
    }
}
