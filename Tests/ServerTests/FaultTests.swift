import Exchange
import HTTPWire
import Testing

@testable import Server

@Suite struct FaultTests {
    @Test("OBS-1: a malformed request's line in the log is a sentence")
    func sentences() {
        #expect(WireFailure.malformed(.badMethod).fault.code == .badRequest)
        #expect(WireFailure.malformed(.tooManyFields).fault.code == .headersTooLarge)
        for fault in WireFault.allCases { #expect(WireFailure.malformed(fault).fault.detail == fault.explanation) }
    }
}
