import Exchange
import NIOCore
import Testing

@testable import Transport

@Suite struct OriginConnectionStateTests {
    private func head(_ framing: BodyFraming = .length(3), keepsAlive: Bool = true) -> OriginHead {
        var head = OriginHead(in: ByteBuffer())
        head.framing = framing
        head.keepsAlive = keepsAlive
        return head
    }

    @Test("S3-6: a connection serves one exchange after the other")
    func reuse() {
        var state = OriginConnectionState()
        for served in 0..<3 {
            #expect(state.isIdle && state.served == served)
            state.requestSent(isHead: false)
            #expect(!state.isIdle && state.isStaleCandidate == (served > 0))
            #expect(state.bytesArrived() == .parseHead(isHead: false))
            #expect(!state.isStaleCandidate, "once the origin began to answer nothing is sent twice")
            state.headArrived(head())
            #expect(state.bytesArrived() == .decodeBody)
            #expect(state.bodyEnded() == .keep)
        }
    }

    @Test(
        "S3-6: what may not be kept is closed",
        arguments: [
            (BodyFraming.length(3), false), (.untilClose, true), (.untilClose, false), (.chunked, false),
        ])
    func closes(framing: BodyFraming, keepsAlive: Bool) {
        var state = OriginConnectionState()
        state.requestSent(isHead: false)
        _ = state.bytesArrived()
        state.headArrived(head(framing, keepsAlive: keepsAlive))
        #expect(state.bodyEnded() == .close)
        #expect(state.phase == .closed && !state.isIdle)
    }

    @Test("S3-6: bytes that nobody asked for end an idle connection")
    func strayBytes() {
        var state = OriginConnectionState()
        #expect(state.bytesArrived() == .close)
        #expect(state.bytesArrived() == .ignore)
    }

    @Test("S3-6: a HEAD's answer is read as one")
    func headRequest() {
        var state = OriginConnectionState()
        state.requestSent(isHead: true)
        #expect(state.bytesArrived() == .parseHead(isHead: true))
    }

    @Test("S3-6: the first exchange of a connection is never sent again")
    func firstExchange() {
        var state = OriginConnectionState()
        state.requestSent(isHead: false)
        state.closed()
        #expect(!state.isStaleCandidate)
        #expect(state.bodyEnded() == .close)
    }
}
