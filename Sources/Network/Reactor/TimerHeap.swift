import NIOCore

/// One timer of a loop; it knows its place in the heap, so that cancelling needs no search.
///
/// Made anywhere, touched on its loop alone from then on: that is why it is Sendable.
final class ReactorTimer: @unchecked Sendable {
    let deadline: NIODeadline
    private var task: ((Bool) -> Void)?
    fileprivate var place = -1

    /// `task` is told whether the time has come; false when the loop ends before.
    init(_ deadline: NIODeadline, _ task: @escaping (_ isDue: Bool) -> Void) {
        self.deadline = deadline
        self.task = task
    }

    /// It will not end any more, and holds nothing.
    func drop() { task = nil }

    fileprivate var isDropped: Bool { task == nil }

    func end(isDue: Bool) {
        let task = task.take()
        task?(isDue)
    }
}

/// Timers in a binary heap, the next due first: adding and removing take logarithmic time.
struct TimerHeap {
    private var timers: [ReactorTimer] = []

    /// When the next one is due.
    var next: NIODeadline? { timers.first?.deadline }

    mutating func insert(_ timer: ReactorTimer) {
        guard timer.place < 0, !timer.isDropped else { return }
        timers.append(timer)
        place(timer, timers.count - 1)
        rise(timers.count - 1)
    }

    mutating func popFirst() -> ReactorTimer? {
        guard let first = timers.first else { return nil }
        remove(first)
        return first
    }

    /// Does nothing for a timer that is not in the heap.
    mutating func remove(_ timer: ReactorTimer) {
        let index = timer.place
        guard index >= 0, index < timers.count, timers[index] === timer, let last = timers.popLast() else { return }
        timer.place = -1
        guard last !== timer else { return }
        place(last, index)
        sink(index)
        rise(index)
    }

    /// Ends all of them; call on a heap that nobody else reaches meanwhile.
    mutating func removeAll() {
        let ended = timers
        timers = []
        for timer in ended {
            timer.place = -1
            timer.end(isDue: false)
        }
    }

    private mutating func place(_ timer: ReactorTimer, _ index: Int) {
        timers[index] = timer
        timer.place = index
    }

    private mutating func rise(_ start: Int) {
        var index = start
        let timer = timers[index]
        while index > 0 {
            let parent = (index - 1) / 2
            guard timer.deadline < timers[parent].deadline else { break }
            place(timers[parent], index)
            index = parent
        }
        place(timer, index)
    }

    private mutating func sink(_ start: Int) {
        var index = start
        let timer = timers[index]
        while true {
            var child = 2 * index + 1
            guard child < timers.count else { break }
            if child + 1 < timers.count, timers[child + 1].deadline < timers[child].deadline { child += 1 }
            guard timers[child].deadline < timer.deadline else { break }
            place(timers[child], index)
            index = child
        }
        place(timer, index)
    }
}
