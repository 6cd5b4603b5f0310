import Glibc

/// Wakes one sleeping thread: a semaphore, so that a ring before the sleep is not lost.
///
/// `@unchecked Sendable`: the pointer is set once, lives as long as the object, and sem_post(3) and sem_wait(3) may
/// be called from any thread.
@safe
final class Bell: @unchecked Sendable {
    private let semaphore: UnsafeMutablePointer<sem_t>

    init() {
        unsafe semaphore = .allocate(capacity: 1)
        unsafe semaphore.initialize(to: sem_t())
        unsafe _ = sem_init(semaphore, 0, 0)
    }

    deinit {
        unsafe _ = sem_destroy(semaphore)
        unsafe semaphore.deallocate()
    }

    func ring() { unsafe _ = sem_post(semaphore) }

    /// Returns after a ring; at once when one came before.
    func wait() {
        while unsafe sem_wait(semaphore) != 0, errno == EINTR { continue }
    }
}
