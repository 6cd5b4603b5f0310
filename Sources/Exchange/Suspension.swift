/// One task that waits, to be resumed exactly once.
///
/// The checked continuation of the standard library costs an allocation and a lock; here every waiter is held in one
/// optional, and taken out of it before it is resumed, so it can be resumed neither twice nor never: the owner's end of
/// life resumes it as well. A suspension for a value that must not change threads does not change threads itself.
@safe package struct Suspension<Value> {
    @usableFromInline let continuation: UnsafeContinuation<Value, Never>

    @inlinable init(_ continuation: UnsafeContinuation<Value, Never>) {
        unsafe self.continuation = unsafe continuation
    }

    @inlinable package func resume(_ value: Value) {
        nonisolated(unsafe) let value = value
        unsafe continuation.resume(returning: value)
    }

    /// Suspends the task; `keep` stores the suspension and may resume it at once.
    @inlinable package static func wait(_ keep: (Suspension<Value>) -> Void) async -> Value {
        await unsafe withUnsafeContinuation { keep(unsafe Suspension($0)) }
    }
}

extension Suspension: Sendable where Value: Sendable {}
