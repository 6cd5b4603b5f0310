import Exchange

/// What one client connection may do next (RFC 9112 §9): a value that takes events and returns actions.
///
///             head complete             answer ended, body read, connection kept
///     idle ───────────────▶ answering ────────────────────────────────────▶ idle
///       ▲  ╲ first byte         │  │ answer ended, body unread
///       │   ▼                   │  ▼
///       │  readingHead          │ draining ── body ended ──▶ idle
///       │                       ▼
///       └── (never back) ◀── lingering ── input ended or time over ──▶ closed
///
/// `lingering`: everything is sent and the output is shut, input is read and dropped for a moment so that the client
/// gets the answer instead of a reset (RFC 9112 §9.6).
struct HTTP1ConnectionState: Equatable {
    enum Phase: Equatable {
        case idle
        case readingHead
        case answering(Answer)
        case draining
        case lingering
        case closed
    }

    struct Answer: Equatable {
        var isHead: Bool
        var minorVersion: UInt8
        /// Whether the connection outlives this answer, as far as known.
        var keepsAlive: Bool
        var requestBodyIsRead: Bool
        /// The client waits for `100 Continue` before it sends its body.
        var awaitsContinue: Bool
        var progress: Progress = .awaited
    }

    enum Progress: Equatable {
        case awaited
        case begun(ResponseFraming)
    }

    enum EndAction: Equatable {
        case readNext
        case drainRequestBody
        case linger
        /// The answer had already been given up.
        case nothing
    }

    private(set) var phase: Phase = .idle
    /// No request is taken after the present one.
    private(set) var isClosing = false

    var canReadHead: Bool {
        switch phase {
        case .idle, .readingHead: true
        case .answering, .draining, .lingering, .closed: false
        }
    }

    /// Whether bytes that arrive can still mean something.
    var takesInput: Bool {
        switch phase {
        case .idle, .readingHead, .answering, .draining: true
        case .lingering, .closed: false
        }
    }

    var isAnswering: Bool {
        if case .answering = phase { return true }
        return false
    }

    var answer: Answer? {
        if case .answering(let answer) = phase { return answer }
        return nil
    }

    /// Bytes of an incomplete head are there. Answers whether they are the first, which starts the header timeout.
    mutating func headBegan() -> Bool {
        guard phase == .idle else { return false }
        phase = .readingHead
        return true
    }

    /// What stands before the first request is read; that one's own time begins with its first byte.
    mutating func preambleEnded() {
        if phase == .readingHead { phase = .idle }
    }

    mutating func requestArrived(_ head: RequestHead) {
        phase = .answering(
            Answer(
                isHead: head.isHead, minorVersion: head.minorVersion,
                keepsAlive: head.keepsAlive && !isClosing,
                requestBodyIsRead: !head.hasBody, awaitsContinue: head.expectsContinue))
    }

    /// What came is no request; its refusal is an answer on a connection that ends with it.
    mutating func refusalBegan() {
        phase = .answering(
            Answer(isHead: false, minorVersion: 1, keepsAlive: false, requestBodyIsRead: false, awaitsContinue: false))
        isClosing = true
    }

    /// The present answer is the last on this connection.
    mutating func closeAfterAnswer() {
        isClosing = true
        guard case .answering(var answer) = phase else { return }
        answer.keepsAlive = false
        phase = .answering(answer)
    }

    /// The answer's head goes out. nil when there is no answer to begin (given up, or begun before).
    mutating func answerBegan(_ framing: ResponseFraming) -> Answer? {
        guard case .answering(var answer) = phase, case .awaited = answer.progress else { return nil }
        // A client that still waits for `100 Continue` may or may not send its body: the connection cannot be kept.
        if answer.awaitsContinue && !answer.requestBodyIsRead { answer.keepsAlive = false }
        if case .unknown = framing, answer.minorVersion == 0, !answer.isHead { answer.keepsAlive = false }
        answer.progress = .begun(framing)
        phase = .answering(answer)
        return answer
    }

    /// Answers whether `100 Continue` must be sent now.
    mutating func requestBodyAsked() -> Bool {
        guard case .answering(var answer) = phase, answer.awaitsContinue else { return false }
        answer.awaitsContinue = false
        phase = .answering(answer)
        return answer.progress == .awaited && answer.minorVersion == 1
    }

    mutating func requestBodyEnded() {
        switch phase {
        case .answering(var answer):
            answer.requestBodyIsRead = true
            phase = .answering(answer)
        case .draining: phase = .idle
        case .idle, .readingHead, .lingering, .closed: break
        }
    }

    mutating func answerEnded() -> EndAction {
        guard case .answering(let answer) = phase else { return .nothing }
        guard answer.keepsAlive && !isClosing, case .begun = answer.progress else {
            phase = .lingering
            return .linger
        }
        phase = answer.requestBodyIsRead ? .idle : .draining
        return answer.requestBodyIsRead ? .readNext : .drainRequestBody
    }

    /// Everything that is not yet sent is given up.
    mutating func closed() { phase = .closed }

    mutating func lingers() { phase = .lingering }
}
