import Exchange
import HTTPWire
import Network
import Testing

@testable import Transport

@Suite struct FaultTests {
    @Test(
        "OBS-1: what an origin did wrong is a sentence in the log",
        arguments: [
            (.connect(.refused), "the connection was refused"),
            (.connect(.timedOut), "no connection came about in time"),
            (.connect(.resolution(.refused)), ResolutionFailure.refused.explanation),
            (.connect(.tls(.notTLS)), "the server does not speak TLS"),
            (.invalidResponse(.malformed(.badStatus)), "the status is not a number from 100 to 599"),
        ] as [(TransportFailure, String)])
    func sentences(_ failure: TransportFailure, _ detail: String) { #expect(failure.fault.detail == detail) }

    @Test(
        "S3-5: whose fault it is that nobody connects",
        arguments: [
            (.refused, .originUnreachable), (.timedOut, .originTimeout), (.resolution(.timedOut), .originTimeout),
            (.resolution(.notFound), .originUnreachable), (.descriptorsExhausted, .overloaded),
            (.resolution(.overloaded), .overloaded),
        ] as [(ConnectFailure, FaultCode)])
    func blame(_ failure: ConnectFailure, _ code: FaultCode) {
        #expect(TransportFailure.connect(failure).fault.code == code)
    }

    @Test("OBS-1: no case's name is in a sentence")
    func names() {
        let resolution: [ResolutionFailure] = [
            .notFound, .timedOut, .serverFailure, .refused, .badName, .overloaded, .cancelled, .shutDown,
        ]
        let tls: [TLSFailure] = [
            .noTrustRoots, .unusableTrustRoots, .certificateUntrusted, .hostNameMismatch, .notTLS, .protocolVersion,
            .alert, .closed, .handshake,
        ]
        let texts = resolution.map(\.explanation) + tls.map(\.explanation)
        #expect(Set(texts).count == texts.count)
        for failure in resolution { #expect(failure.explanation.hasPrefix("the name cannot be resolved: ")) }
        for text in texts { #expect(!text.contains("(") && text.contains(" ")) }
    }
}
