import Testing

@testable import Cache

/// What was fetched before a purge is stored nowhere after it (CACHE-4).
struct PurgeLedgerTests {
    private let ledger = PurgeLedger()
    private let key = CacheKey(space: 1, path: Array("/b/images/cat.jpg".utf8), keyStart: 3)

    @Test(arguments: [
        PurgeScope.everything, .space(1), .prefix(1, Array("images/".utf8)),
        .object(1, Array("images/cat.jpg".utf8)),
    ])
    func aPurgeKeepsOutWhatWasAskedForBefore(_ scope: PurgeScope) {
        let before = ledger.take()
        ledger.note(scope)
        let after = ledger.take()
        #expect(!ledger.admits(key, before))
        #expect(!ledger.admits(key.querying(Array("versionId=1".utf8)), before))
        #expect(!ledger.admits(key.slice(3), before))
        #expect(ledger.admits(key, after))
    }

    @Test(arguments: [
        PurgeScope.space(2), .prefix(1, Array("videos/".utf8)), .object(1, Array("images/cat.jp".utf8)),
        .object(2, Array("images/cat.jpg".utf8)), .object(1, Array("images/cat.jpg2".utf8)),
    ])
    func aPurgeOfOthersDoesNot(_ scope: PurgeScope) {
        let before = ledger.take()
        ledger.note(scope)
        #expect(ledger.admits(key, before))
    }

    @Test func purgesAreForgottenWithTheLastTicketBeforeThem() {
        let first = ledger.take()
        ledger.note(.everything)
        let second = ledger.take()
        ledger.note(.space(1))
        #expect(ledger.count == 2)
        ledger.giveBack(first)
        #expect(ledger.count == 1)
        #expect(!ledger.admits(key, second))
        ledger.giveBack(second)
        #expect(ledger.count == 0)
        ledger.note(.everything)
        #expect(ledger.count == 0)
    }
}
