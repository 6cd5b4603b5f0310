/// What a piece of memory costs, which is more than was asked for: jemalloc has four sizes for each doubling
/// (jemalloc(3), IMPLEMENTATION NOTES).
enum AllocationSize {
    private static var quantum: Int { 16 }
    /// From here on a piece has pages of its own, and one more so that it can begin at any cache line.
    private static var large: Int { 16_384 }
    private static var page: Int { 4_096 }

    static func rounded(_ size: Int) -> Int {
        guard size > 0 else { return 0 }
        guard size > 8 * quantum else { return (size + quantum - 1) & -quantum }
        let step = 1 << (Int.bitWidth - (size - 1).leadingZeroBitCount - 3)
        let rounded = (size + step - 1) & -step
        return rounded < large ? rounded : rounded + page
    }
}
