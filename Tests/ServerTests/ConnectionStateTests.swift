import Exchange
import Testing

@testable import Server

@Suite struct ConnectionStateTests {
    private func head(
        _ method: Exchange.Method = .get, minor: UInt8 = 1, framing: BodyFraming = .none, keepsAlive: Bool = true,
        expects: Bool = false
    ) -> RequestHead {
        var head = RequestHead()
        head.method = method
        head.minorVersion = minor
        head.framing = framing
        head.keepsAlive = keepsAlive
        head.expectsContinue = expects
        return head
    }

    private func state(answering head: RequestHead) -> HTTP1ConnectionState {
        var state = HTTP1ConnectionState()
        state.requestArrived(head)
        return state
    }

    @Test("HTTP-1: a kept connection goes from idle to idle, over and over")
    func keepAlive() {
        var state = HTTP1ConnectionState()
        for _ in 0..<3 {
            #expect(state.phase == .idle && state.canReadHead)
            let began = [state.headBegan(), state.headBegan()]
            #expect(began == [true, false], "only the first byte starts the header timeout")
            #expect(state.phase == .readingHead && state.canReadHead)
            state.requestArrived(head())
            #expect(state.isAnswering && !state.canReadHead)
            #expect(state.answerBegan(.length(5))?.keepsAlive == true)
            #expect(state.answerBegan(.length(5)) == nil, "an answer begins once")
            #expect(state.answerEnded() == .readNext)
        }
    }

    @Test("HTTP-8: what stands before the first request is not a part of its head")
    func preamble() {
        var state = HTTP1ConnectionState()
        let preambleBegan = state.headBegan()
        #expect(preambleBegan && state.phase == .readingHead)
        state.preambleEnded()
        #expect(state.phase == .idle && state.canReadHead)
        let requestBegan = state.headBegan()
        #expect(requestBegan, "the request's own first byte starts its time")
        state.closed()
        state.preambleEnded()
        #expect(state.phase == .closed)
    }

    struct Ending: Sendable {
        var minor: UInt8 = 1
        var method = Exchange.Method.get
        var framing = BodyFraming.none
        var keepsAlive = true
        var expects = false
        var answer = ResponseFraming.length(1)
        var isClosing = false
        var end: HTTP1ConnectionState.EndAction
        var phase: HTTP1ConnectionState.Phase
    }

    static let endings: [Ending] = [
        Ending(end: .readNext, phase: .idle),
        Ending(keepsAlive: false, end: .linger, phase: .lingering),
        Ending(isClosing: true, end: .linger, phase: .lingering),
        Ending(answer: .unknown, end: .readNext, phase: .idle),
        Ending(minor: 0, answer: .unknown, end: .linger, phase: .lingering),
        Ending(minor: 0, method: .head, answer: .unknown, end: .readNext, phase: .idle),
        Ending(minor: 0, answer: .length(3), end: .readNext, phase: .idle),
        Ending(framing: .length(4), end: .drainRequestBody, phase: .draining),
        Ending(framing: .chunked, end: .drainRequestBody, phase: .draining),
        Ending(framing: .length(4), keepsAlive: false, end: .linger, phase: .lingering),
        Ending(framing: .length(4), expects: true, end: .linger, phase: .lingering),
    ]

    @Test("HTTP-1, HTTP-6: what follows an answer", arguments: endings)
    func ends(_ row: Ending) {
        var state = state(
            answering: head(
                row.method, minor: row.minor, framing: row.framing, keepsAlive: row.keepsAlive, expects: row.expects))
        if row.isClosing { state.closeAfterAnswer() }
        #expect(state.answerBegan(row.answer)?.keepsAlive == (row.end != .linger))
        #expect(state.answerEnded() == row.end)
        #expect(state.phase == row.phase)
        #expect(state.answerEnded() == .nothing)
    }

    @Test("HTTP-6: a body that nobody read is drained before the next request")
    func drains() {
        var state = state(answering: head(framing: .length(4)))
        _ = state.answerBegan(.length(0))
        _ = state.answerEnded()
        #expect(!state.canReadHead)
        state.requestBodyEnded()
        #expect(state.phase == .idle && state.canReadHead)
    }

    @Test("HTTP-6: a body read while the answer was made needs no draining")
    func bodyRead() {
        var state = state(answering: head(framing: .length(4)))
        state.requestBodyEnded()
        _ = state.answerBegan(.length(0))
        #expect(state.answerEnded() == .readNext)
    }

    @Test("HTTP-1: 100 Continue is sent once, before the answer, to HTTP/1.1 only")
    func continues() {
        var asked = state(answering: head(framing: .length(4), expects: true))
        let answers = [asked.requestBodyAsked(), asked.requestBodyAsked()]
        #expect(answers == [true, false])
        var late = state(answering: head(framing: .length(4), expects: true))
        _ = late.answerBegan(.length(0))
        let others = [
            late, state(answering: head(framing: .length(4))),
            state(answering: head(minor: 0, framing: .length(4), expects: true)), HTTP1ConnectionState(),
        ]
        for state in others {
            var state = state
            let isSent = state.requestBodyAsked()
            #expect(!isSent)
        }
    }

    @Test("HTTP-6: a refusal ends its connection")
    func refusal() {
        var state = HTTP1ConnectionState()
        state.refusalBegan()
        #expect(state.answerBegan(.length(9))?.keepsAlive == false)
        #expect(state.answerEnded() == .linger)
        #expect(!state.canReadHead)
    }

    @Test("REL-2: a request on a connection that is to close is its last")
    func closing() {
        var state = HTTP1ConnectionState()
        state.closeAfterAnswer()
        state.requestArrived(head())
        #expect(state.answer?.keepsAlive == false)
        #expect(state.answerBegan(.length(0))?.keepsAlive == false)
        #expect(state.answerEnded() == .linger)
    }

    @Test("HTTP-3: nothing begins or ends on a closed connection")
    func closed() {
        var state = state(answering: head())
        state.closed()
        #expect(state.phase == .closed && !state.canReadHead && !state.isAnswering)
        #expect(state.answerBegan(.absent) == nil)
        #expect(state.answerEnded() == .nothing)
        state.requestBodyEnded()
        state.closeAfterAnswer()
        #expect(state.phase == .closed)
    }
}
