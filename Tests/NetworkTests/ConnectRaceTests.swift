import Testing

@testable import Network

@Suite("ConnectRace")
struct ConnectRaceTests {
    private let a4 = IPAddress.v4(1)
    private let b4 = IPAddress.v4(2)
    private let c4 = IPAddress.v4(3)
    private let a6 = IPAddress.v6(0, 1)
    private let b6 = IPAddress.v6(0, 2)

    @Test("Families alternate, beginning with the best address's (RFC 8305 §4)")
    func order() {
        var race = ConnectRace([a6, b6, a4, b4, c4])
        for address in [a6, a4, b6, b4, c4] { #expect(race.next() == .attempt(address)) }
        #expect(race.next() == .wait)
    }

    @Test("A failed attempt starts the next one at once; the last one ends it")
    func failures() {
        var race = ConnectRace([a4, b4])
        #expect(race.next() == .attempt(a4))
        #expect(race.hasMore)
        #expect(race.failed(.refused) == .attempt(b4))
        #expect(!race.hasMore)
        #expect(race.failed(.unreachable) == .giveUp(.refused))
    }

    @Test("While another attempt is pending, a failure does not end it")
    func pending() {
        var race = ConnectRace([a4, b4])
        #expect(race.next() == .attempt(a4))
        #expect(race.next() == .attempt(b4))
        #expect(race.failed(.refused) == .wait)
        #expect(race.failed(.timedOut) == .giveUp(.refused))
    }

    @Test("A host's answer is told rather than a missing network")
    func precedence() {
        var race = ConnectRace([a6, a4])
        _ = race.next()
        _ = race.failed(.unreachable)
        #expect(race.failed(.refused) == .giveUp(.refused))
    }

    @Test("Without descriptors no further address is tried")
    func descriptors() {
        var race = ConnectRace([a4, b4])
        _ = race.next()
        #expect(race.failed(.descriptorsExhausted) == .giveUp(.descriptorsExhausted))
    }

    @Test("No address, no connection")
    func empty() {
        var race = ConnectRace([])
        #expect(race.next() == .giveUp(.unreachable))
    }
}
