/// Tells whoever works for a request that its client has left. Bound to one event loop.
///
/// A task's own cancellation takes locks at every wait, this costs a store; what waits seldom (connecting, standing in
/// line) still listens to its task.
package final class Cancellation {
    package private(set) var isCancelled = false
    /// Who waits for something on behalf of the request now; told once.
    package var listener: (any CancellationListener)?

    package init() {}

    package func cancel() {
        isCancelled = true
        listener.take()?.cancelled()
    }
}

package protocol CancellationListener: AnyObject {
    func cancelled()
}
