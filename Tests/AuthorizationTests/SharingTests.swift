import Authorization
import Exchange
import Testing

/// What requests share: decisions that are kept, and questions that are asked.
@Suite("Authorizers, shared decisions")
struct SharingTests {
    @Test("AUTHZ-3: a yes is kept for its time, on all loops", arguments: Kind.allCases)
    func keptYes(kind: Kind) async throws {
        try await Bench.run(kind, { [Say.json($0.number == 0 ? kind.allow : kind.deny)] }) { bench, provider in
            #expect(await bench.decide() == .allow)
            bench.wait(.milliseconds(59_999))
            for loop in [0, 1, 0] { #expect(await bench.decide(on: loop) == .allow) }
            #expect(provider.requests.count == 1 && bench.hits == 3 && bench.misses == 1)
            bench.wait(.milliseconds(1))
            #expect(await bench.decide() == kind.denied)
            #expect(provider.requests.count == 2)
        }
    }

    @Test("AUTHZ-3: a no is kept for its own time", arguments: Kind.allCases)
    func keptNo(kind: Kind) async throws {
        try await Bench.run(kind, { [Say.json($0.number == 0 ? kind.deny : kind.allow)] }) { bench, provider in
            #expect(await bench.decide() == kind.denied)
            bench.wait(.milliseconds(9_999))
            #expect(await bench.decide(on: 1) == kind.denied)
            #expect(provider.requests.count == 1)
            bench.wait(.milliseconds(1))
            #expect(await bench.decide() == .allow)
        }
    }

    @Test("AUTHZ-3: a time of zero keeps nothing", arguments: Kind.allCases)
    func keptNever(kind: Kind) async throws {
        try await Bench.run(
            kind, { [Say.json($0.body.contains("good") ? kind.allow : kind.deny)] },
            { ($0.allowFor, $0.denyFor) = (.zero, .zero) }
        ) { bench, provider in
            for _ in 0..<3 {
                #expect(await bench.decide("good") == .allow)
                #expect(await bench.decide("bad") == kind.denied)
            }
            #expect(provider.requests.count == 6 && bench.table.count == 0)
        }
    }

    @Test("AUTHZ-3: no decision is not kept", arguments: Kind.allCases)
    func keptFailure(kind: Kind) async throws {
        try await Bench.run(kind, { [Say.json($0.number == 0 ? "{}" : kind.allow)] }) { bench, provider in
            #expect(await bench.decide() == .unavailable(reason: "the answer holds no decision"))
            #expect(await bench.decide() == .allow)
            #expect(provider.requests.count == 2)
        }
    }

    @Test("AUTHZ-3: no more decisions are kept than configured", arguments: Kind.allCases)
    func bounded(kind: Kind) async throws {
        try await Bench.run(kind, { _ in [Say.json(kind.allow)] }, { $0.capacity = 20 }) { bench, provider in
            for number in 0..<100 { #expect(await bench.decide("\(number)", on: number % 2) == .allow) }
            #expect(bench.table.count <= 20 && bench.table.count >= 10)
            #expect(provider.requests.count == 100)
            #expect(await bench.decide("99") == .allow)
            #expect(provider.requests.count == 100)
        }
    }

    @Test("AUTHZ-3: one decision is nobody else's", arguments: Kind.allCases)
    func separate(kind: Kind) async throws {
        try await Bench.run(kind, { _ in [Say.json(kind.allow)] }) { bench, provider in
            for _ in 0..<2 {
                _ = await bench.decide("a")
                _ = await bench.decide("a/")
                _ = await bench.decide("A")
                _ = await bench.decide("a", user: "bob")
                _ = await bench.decide("a", user: "alice\\n")
            }
            #expect(provider.requests.count == 5 && bench.hits == 5)
            // What the policy sees of a request beside these, OpenFGA does not.
            _ = await bench.decide("a", method: .head)
            _ = await bench.decide("a", client: "192.0.2.11")
            #expect(provider.requests.count == (kind == .opa ? 7 : 5))
        }
    }

    @Test("AUTHZ-3: many who ask the same on both loops ask once", arguments: Kind.allCases)
    func singleFlight(kind: Kind) async throws {
        try await Bench.run(kind, { _ in [.hold, Say.json(kind.deny)] }) { bench, provider in
            let askers = (0..<200).map { bench.ask(on: $0 % 2) }
            let other = bench.ask("another", on: 1)
            try await bench.until("all wait") { bench.misses == 201 && provider.requests.count == 2 }
            provider.go()
            for asker in askers { #expect(await asker.value == kind.denied) }
            #expect(await other.value == kind.denied)
            #expect(provider.requests.count == 2 && bench.requests == 2 && bench.hits == 0)
        }
    }

    @Test("AUTHZ-3: no decision wakes all who wait, and the next one asks again", arguments: Kind.allCases)
    func failureWakesAll(kind: Kind) async throws {
        let script: ScriptedProvider.Script = { $0.number == 0 ? [.hold, Say.json("no")] : [Say.json(kind.allow)] }
        try await Bench.run(kind, script) { bench, provider in
            let askers = (0..<50).map { bench.ask(on: $0 % 2) }
            try await bench.until("all wait") { bench.misses == 50 && provider.requests.count == 1 }
            provider.go()
            for asker in askers {
                guard case .unavailable = await asker.value else {
                    Issue.record("a failure decides")
                    return
                }
            }
            #expect(bench.errors == 1, "it failed once")
            #expect(await bench.decide() == .allow)
        }
    }

    @Test("AUTHZ-3: who leaves takes nobody's decision away", arguments: Kind.allCases)
    func leaderLeaves(kind: Kind) async throws {
        try await Bench.run(kind, { _ in [.hold, Say.json(kind.allow)] }) { bench, provider in
            let leader = bench.ask(on: 0)
            try await bench.until("the question is put") { provider.requests.count == 1 }
            let followers = (0..<10).map { bench.ask(on: $0 % 2) }
            try await bench.until("all wait") { bench.misses == 11 }
            leader.cancel()
            followers[0].cancel()
            try await Task.sleep(for: .milliseconds(20))
            provider.go()
            for follower in followers { #expect(await follower.value == .allow) }
            #expect(await leader.value == .allow)
            #expect(provider.requests.count == 1)
        }
    }

    @Test("AUTHZ-3: two loops that ask all the time never wait for what has come", arguments: Kind.allCases)
    func crossing(kind: Kind) async throws {
        try await Bench.run(
            kind, { [Say.json($0.number % 3 == 0 ? "{}" : kind.allow)] },
            { ($0.allowFor, $0.denyFor) = (.zero, .zero) }
        ) { bench, provider in
            await withTaskGroup(of: Void.self) { tasks in
                for asker in 0..<8 {
                    tasks.addTask { for turn in 0..<100 { _ = await bench.decide("\(turn % 3)", on: asker % 2) } }
                }
            }
            #expect(bench.hits == 0 && bench.misses == 800 && provider.requests.count <= 800)
        }
    }
}
