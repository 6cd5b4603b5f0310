import Glibc
import Synchronization

/// A fixed array of atomic words that start at zero.
///
/// `@unchecked Sendable`: the pointer is set once, the memory lives as long as the object, and every access to it is
/// atomic. Zeroed memory from `calloc` is what `Atomic<UInt64>(0)` looks like, and pages nobody counts in stay
/// unmapped.
@safe @usableFromInline
package final class MetricCells: @unchecked Sendable {
    @usableFromInline package let capacity: Int
    @usableFromInline package let base: UnsafeMutablePointer<Atomic<UInt64>>?

    /// When memory is refused, the array is empty: nothing is counted and nothing fails.
    init(capacity: Int) {
        let memory = unsafe calloc(max(capacity, 0), MemoryLayout<Atomic<UInt64>>.stride)
        unsafe base = memory?.bindMemory(to: Atomic<UInt64>.self, capacity: max(capacity, 0))
        self.capacity = unsafe memory == nil ? 0 : max(capacity, 0)
    }

    deinit { unsafe free(base) }

    /// Adds to a cell that only the calling thread writes: a load and a store, no locked instruction.
    @inlinable @inline(__always)
    package func addAlone(_ cell: Int, _ amount: UInt64) {
        guard let base = unsafe base, UInt(bitPattern: cell) < UInt(bitPattern: capacity) else { return }
        unsafe base[cell].store(base[cell].load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    /// Adds to a cell that other threads write as well.
    @inline(__always)
    func addTogether(_ cell: Int, _ amount: UInt64) {
        guard let base = unsafe base, UInt(bitPattern: cell) < UInt(bitPattern: capacity) else { return }
        unsafe base[cell].wrappingAdd(amount, ordering: .relaxed)
    }

    func store(_ cell: Int, _ value: UInt64) {
        guard let base = unsafe base, UInt(bitPattern: cell) < UInt(bitPattern: capacity) else { return }
        unsafe base[cell].store(value, ordering: .relaxed)
    }

    func load(_ cell: Int) -> UInt64 {
        guard let base = unsafe base, UInt(bitPattern: cell) < UInt(bitPattern: capacity) else { return 0 }
        return unsafe base[cell].load(ordering: .relaxed)
    }
}
