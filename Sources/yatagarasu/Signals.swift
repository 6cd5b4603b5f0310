import Glibc

/// Signals as a stream, whichever thread the system gives them to.
///
/// The handler only writes the signal's number into a pipe, which is all that signal-safety(7) allows; one thread of
/// its own reads it there.
enum Signals {
    private static let handled = [SIGTERM, SIGINT, SIGHUP]
    private static let ends: (read: Int32, write: Int32) = {
        var pair: [Int32] = [-1, -1]
        guard unsafe pipe(&pair) == 0 else { return (-1, -1) }
        return (pair[0], pair[1])
    }()

    /// SIGTERM, SIGINT and SIGHUP, in the order of arrival. SIGPIPE is ignored from now on.
    static func begin() -> AsyncStream<Int32> {
        signal(SIGPIPE, SIG_IGN)
        let (stream, continuation) = AsyncStream<Int32>.makeStream(bufferingPolicy: .bufferingNewest(8))
        let reader = unsafe Unmanaged.passRetained(Reader(descriptor: ends.read, continuation: continuation))
        var thread = pthread_t()
        unsafe pthread_create(
            &thread, nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<Reader>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, reader.toOpaque())
        for number in handled {
            signal(number) { number in
                var byte = UInt8(truncatingIfNeeded: number)
                unsafe write(Signals.ends.write, &byte, 1)
            }
        }
        return stream
    }

    private final class Reader: Sendable {
        let descriptor: Int32
        let continuation: AsyncStream<Int32>.Continuation

        init(descriptor: Int32, continuation: AsyncStream<Int32>.Continuation) {
            self.descriptor = descriptor
            self.continuation = continuation
        }

        func run() {
            var byte: UInt8 = 0
            while true {
                let count = unsafe read(descriptor, &byte, 1)
                if count == 1 { continuation.yield(Int32(byte)) } else if count == 0 || errno != EINTR { return }
            }
        }
    }
}
