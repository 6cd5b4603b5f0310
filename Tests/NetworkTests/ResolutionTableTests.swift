import NIOCore
import Testing

@testable import Network

@Suite("ResolutionTable")
struct ResolutionTableTests {
    private typealias Table = ResolutionTable<Int>
    private let name: HostName
    private let other: HostName
    private let third: HostName
    private let first = [IPAddress.v4(1)]
    private let second = [IPAddress.v4(2)]

    init() throws {
        name = try #require(HostName("a.test"))
        other = try #require(HostName("b.test"))
        third = try #require(HostName("c.test"))
    }

    private func at(_ milliseconds: Int64) -> NIODeadline {
        .uptimeNanoseconds(0) + .milliseconds(1_000_000 + milliseconds)
    }

    private func records(_ addresses: [IPAddress], _ seconds: Int64) -> Result<ResolvedAddresses, ResolutionFailure> {
        .success(ResolvedAddresses(addresses: addresses, lifetime: .record(seconds: seconds)))
    }

    private func ask(
        _ table: inout Table, _ name: HostName, _ id: UInt64, at now: Int64, until deadline: Int64 = .max / 4_000_000
    ) -> Table.Reply {
        table.ask(name, id: id, waiter: Int(id), deadline: at(deadline), now: at(now))
    }

    @Test("S3-6: one question for all who ask while it is open, one answer for each of them")
    func singleFlight() {
        var table = Table(limits: ResolutionLimits())
        for id: UInt64 in 1...3 { #expect(ask(&table, name, id, at: 0) == .wait) }
        #expect(table.takeQuestions() == [name])
        #expect(table.takeQuestions().isEmpty)
        #expect(ask(&table, name, 4, at: 1) == .wait)
        #expect(table.takeQuestions().isEmpty)
        let done = table.complete(name, records(first, 10), now: at(5))
        #expect(done.reply == .answer(first))
        #expect(done.waiters.sorted() == [1, 2, 3, 4])
        #expect(table.openQuestions == 0)
    }

    @Test(
        "S3-6: an answer holds for its TTL, from one second to five minutes",
        arguments: [(0, 1_000), (1, 1_000), (7, 7_000), (299, 299_000), (86_400, 300_000)] as [(Int64, Int64)])
    func lifetime(ttl: Int64, milliseconds: Int64) {
        var table = Table(limits: ResolutionLimits())
        _ = ask(&table, name, 1, at: 0)
        _ = table.complete(name, records(first, ttl), now: at(0))
        #expect(table.known(name, now: at(milliseconds - 1)) == .answer(first))
        #expect(table.known(name, now: at(milliseconds)) == nil)
        #expect(ask(&table, name, 2, at: milliseconds) == .wait)
    }

    @Test("An address of the hosts file holds for thirty seconds")
    func hostsLifetime() {
        var table = Table(limits: ResolutionLimits())
        _ = ask(&table, name, 1, at: 0)
        _ = table.complete(name, .success(ResolvedAddresses(addresses: first, lifetime: .local)), now: at(0))
        #expect(table.known(name, now: at(29_999)) == .answer(first))
        #expect(table.known(name, now: at(30_000)) == nil)
    }

    @Test("A failure is remembered for one second")
    func failures() {
        var table = Table(limits: ResolutionLimits())
        _ = ask(&table, name, 1, at: 0)
        #expect(table.complete(name, .failure(.serverFailure), now: at(0)).reply == .failure(.serverFailure))
        #expect(ask(&table, name, 2, at: 999) == .failure(.serverFailure))
        #expect(ask(&table, name, 3, at: 1_000) == .wait)
    }

    @Test("S3-6: when asking again fails, the old answer serves for five minutes after its end and not longer")
    func staleOnFailure() {
        var table = Table(limits: ResolutionLimits())
        _ = ask(&table, name, 1, at: 0)
        _ = table.complete(name, records(first, 10), now: at(0))
        #expect(ask(&table, name, 2, at: 10_000) == .wait)
        #expect(table.complete(name, .failure(.timedOut), now: at(10_100)).reply == .answer(first))
        // While the failure is remembered, nobody waits.
        #expect(ask(&table, name, 3, at: 10_200) == .answer(first))
        #expect(ask(&table, name, 4, at: 309_999) == .wait)
        #expect(table.complete(name, .failure(.timedOut), now: at(310_000)).reply == .failure(.timedOut))
    }

    @Test("That a name no longer exists ends the old answer at once")
    func goneName() {
        var table = Table(limits: ResolutionLimits())
        _ = ask(&table, name, 1, at: 0)
        _ = table.complete(name, records(first, 10), now: at(0))
        _ = ask(&table, name, 2, at: 10_000)
        #expect(table.complete(name, .failure(.notFound), now: at(10_000)).reply == .failure(.notFound))
        #expect(ask(&table, name, 3, at: 10_001) == .failure(.notFound))
    }

    @Test("Whoever waits longer than half a second for a new answer gets the old one, and so do those who come after")
    func stalePatience() {
        var table = Table(limits: ResolutionLimits())
        _ = ask(&table, name, 1, at: 0)
        _ = table.complete(name, records(first, 10), now: at(0))
        #expect(ask(&table, name, 2, at: 20_000) == .wait)
        #expect(table.nextDue(now: at(20_000)) == at(20_500))
        #expect(table.takeDue(now: at(20_499)).isEmpty)
        let due = table.takeDue(now: at(20_500))
        #expect(due.map(\.waiter) == [2])
        #expect(due.first?.reply == .answer(first))
        #expect(ask(&table, name, 3, at: 20_501) == .answer(first))
        #expect(table.complete(name, records(second, 10), now: at(21_000)).waiters.isEmpty)
        #expect(table.known(name, now: at(21_001)) == .answer(second))
    }

    @Test("A caller's deadline is its own")
    func deadlines() {
        var table = Table(limits: ResolutionLimits())
        #expect(ask(&table, name, 1, at: 0, until: 100) == .wait)
        #expect(ask(&table, name, 2, at: 0, until: 200) == .wait)
        #expect(table.nextDue(now: at(0)) == at(100))
        let due = table.takeDue(now: at(100))
        #expect(due.map(\.waiter) == [1])
        #expect(due.first?.reply == .failure(.timedOut))
        #expect(table.complete(name, records(first, 1), now: at(150)).waiters == [2])
        #expect(table.nextDue(now: at(150)) == nil)
    }

    @Test("A waiter that is cancelled comes out once")
    func cancel() {
        var table = Table(limits: ResolutionLimits())
        _ = ask(&table, name, 1, at: 0)
        #expect(table.cancel(name, id: 1) == 1)
        #expect(table.cancel(name, id: 1) == nil)
        #expect(table.complete(name, records(first, 1), now: at(0)).waiters.isEmpty)
        #expect(table.cancel(other, id: 1) == nil)
    }

    @Test("The name servers are asked for a bounded number of names at a time, the others in their turn")
    func askedAtOnce() {
        var limits = ResolutionLimits()
        limits.asked = 1
        var table = Table(limits: limits)
        _ = ask(&table, name, 1, at: 0)
        _ = ask(&table, other, 2, at: 0)
        _ = ask(&table, third, 3, at: 0)
        #expect(table.takeQuestions() == [name])
        #expect(table.takeQuestions().isEmpty)
        _ = table.complete(name, .failure(.timedOut), now: at(1))
        #expect(table.takeQuestions() == [other])
        _ = table.complete(other, records(first, 1), now: at(2))
        #expect(table.takeQuestions() == [third])
    }

    @Test("Questions, waiters and entries are bounded")
    func bounds() {
        var limits = ResolutionLimits()
        limits.questions = 1
        limits.waiters = 2
        limits.entries = 2
        var table = Table(limits: limits)
        #expect(ask(&table, name, 1, at: 0) == .wait)
        #expect(ask(&table, other, 2, at: 0) == .failure(.overloaded))
        #expect(ask(&table, name, 3, at: 0) == .wait)
        #expect(ask(&table, name, 4, at: 0) == .failure(.overloaded))
        _ = table.complete(name, records(first, 60), now: at(0))
        _ = ask(&table, other, 5, at: 0)
        _ = table.complete(other, records(first, 60), now: at(0))
        #expect(table.known(name, now: at(1)) == .answer(first))
        _ = ask(&table, third, 6, at: 1)
        _ = table.complete(third, records(first, 60), now: at(1))
        #expect(table.knownNames == 2)
        #expect(table.known(other, now: at(2)) == nil, "the one unused for longest goes")
        #expect(table.known(name, now: at(2)) == .answer(first))
    }

    @Test("After the end everyone has come out and nobody gets in")
    func shutDown() {
        var table = Table(limits: ResolutionLimits())
        _ = ask(&table, name, 1, at: 0)
        _ = ask(&table, other, 2, at: 0)
        #expect(table.shutDown().sorted() == [1, 2])
        #expect(ask(&table, name, 3, at: 0) == .failure(.shutDown))
        #expect(table.takeQuestions().isEmpty)
    }
}
