/// One operation of a request's way that is measured by itself.
///
/// Operations are called through a closure out of a table, so that the compiler knows neither what is called nor what
/// it is called with, and each makes its result from what the product gave: nothing can be folded, hoisted or left out.
struct Benchmark: Sendable {
    /// Takes the number of the repetition, and gives a number made of the result; 0 means that something failed.
    typealias Operation = (Int) -> Int

    /// What thresholds are found by.
    let name: String
    /// What the table of results says.
    let title: String
    /// Makes the inputs and everything else that a request finds ready.
    let prepare: @Sendable () throws -> Operation

    static let all = routing + signing + parsing + logging + semantics + authentication + authorization + cache
}

extension Benchmark {
    /// Why figures cannot be taken.
    enum Failure: Error {
        /// The operation said so by giving 0.
        case operationFailed(String)
        /// The control counts other than it must.
        case wrongCount(expected: Double, found: Double)
        /// jemalloc does not answer.
        case noStatistics
    }

    /// Prepares, and calls the operation as often as it takes for buffers and caches to have their size.
    func warmedUp() throws -> Operation {
        let operation = try prepare()
        for number in 0..<500 where operation(number) == 0 { throw Failure.operationFailed(name) }
        return operation
    }
}

/// Calls `operation` so often and gives the sum of what it gave, which must be used somewhere.
@inline(never)
func repeated(_ count: Int, _ operation: Benchmark.Operation) -> Int {
    var sum = 0
    var number = 0
    while number < count {
        sum &+= operation(number)
        number &+= 1
    }
    return sum
}
