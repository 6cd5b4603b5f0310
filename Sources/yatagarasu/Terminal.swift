import ArgumentParser
import Glibc

/// What goes to the two standard streams outside the log.
enum Terminal {
    /// Occupies standard streams that are closed, so that no file or socket of the program's gets their numbers and
    /// what is printed. They cannot be written to (EBADF), as before.
    static func occupyClosedStreams() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            _ = unsafe open("/dev/null", O_RDONLY)
        }
    }

    /// Prints to standard output; what could not be printed is said on standard error, and the exit code thrown.
    static func print(_ text: String) throws(ExitCode) {
        let code = write(text, to: STDOUT_FILENO)
        guard code == 0 else { throw failure("standard output cannot be written: \(words(code))") }
    }

    /// Prints to standard error, where nobody could be told of a failure.
    static func complain(_ text: String) { _ = write(text, to: STDERR_FILENO) }

    /// Says in one line what went wrong, and gives the exit code to throw.
    static func failure(_ explanation: String) -> ExitCode {
        complain("Error: \(explanation)")
        return ExitCode(1)
    }

    /// Returns 0, or the errno of what hindered it.
    private static func write(_ text: String, to descriptor: Int32) -> Int32 {
        var bytes = Array((text.hasSuffix("\n") ? text : text + "\n").utf8)[...]
        while !bytes.isEmpty {
            let written = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written > 0 { bytes = bytes.dropFirst(written) } else if errno != EINTR { return errno }
        }
        return 0
    }

    static func words(_ code: Int32) -> String {
        switch code {
        case ENOSPC, EDQUOT: "no space left"
        case EBADF: "it is closed"
        case EPIPE: "nobody reads it"
        case EIO: "input/output error"
        default: "system error \(code)"
        }
    }
}
