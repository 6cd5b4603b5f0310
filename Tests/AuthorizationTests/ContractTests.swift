import Authorization
import Settings
import Testing

/// What every provider's authorizer must do.
@Suite("Authorizers, one contract")
struct ContractTests {
    @Test("AUTHZ-1: a yes is a yes, a no is a no with its reason", arguments: Kind.allCases)
    func decisions(kind: Kind) async throws {
        try await Bench.run(kind, { [Say.json($0.body.contains("good") ? kind.allow : kind.deny)] }) {
            bench, provider in
            #expect(await bench.decide("good") == .allow)
            #expect(await bench.decide("bad") == kind.denied)
            #expect(provider.requests.count == 2)
            #expect(Set(provider.requests.map(\.connection)) == [0], "the connection is used again")
            #expect(bench.requests == 2 && bench.misses == 2 && bench.hits == 0 && bench.errors == 0)
            #expect(bench.decisionsTimed == 2)
        }
    }

    @Test(
        "AUTHZ-1: a status that says that the question is wrong is no decision, and is not tried again",
        arguments: Kind.allCases, [201, 204, 301, 400, 401, 403, 404, 429, 501])
    func refusals(kind: Kind, status: Int) async throws {
        let answer = Say.json(status == 204 ? "" : kind.allow, status: status)
        try await Bench.run(kind, { _ in [answer] }) { bench, provider in
            // What the asker may have brought about never opens.
            let reason = "the answer's status is \(status)"
            let isOfTheAsker = (400..<500).contains(status)
            #expect(
                await bench.decide()
                    == (isOfTheAsker ? .undecidable(reason: reason) : .unavailable(reason: reason)))
            #expect(provider.requests.count == 1 && bench.errors == 1)
        }
    }

    @Test("AUTHZ-1: trouble that may pass is tried again", arguments: Kind.allCases, [500, 502, 503, 504])
    func retries(kind: Kind, status: Int) async throws {
        try await Bench.run(kind, { [Say.json(kind.allow, status: $0.number < 2 ? status : 200)] }) { bench, provider in
            #expect(await bench.decide() == .allow)
            #expect(provider.requests.count == 3 && bench.requests == 3 && bench.errors == 0)
            #expect(Set(provider.requests.map(\.bytes)).count == 1, "the same question each time")
            #expect(await bench.decide() == .allow)
            #expect(provider.requests.count == 3)
        }
    }

    @Test("AUTHZ-1: three tries are all", arguments: Kind.allCases)
    func lastTry(kind: Kind) async throws {
        try await Bench.run(kind, { _ in [Say.json("", status: 503)] }) { bench, provider in
            #expect(await bench.decide() == .unavailable(reason: "the answer's status is 503"))
            #expect(provider.requests.count == 3 && bench.errors == 1 && bench.decisionsTimed == 1)
        }
    }

    @Test(
        "AUTHZ-1: a connection that ends without an answer, or in its midst, is tried again", arguments: Kind.allCases)
    func cutAnswers(kind: Kind) async throws {
        let half = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"
        try await Bench.run(
            kind, { $0.number == 0 ? [.close] : $0.number == 1 ? [.send(half), .close] : [Say.json(kind.allow)] }
        ) { bench, provider in
            #expect(await bench.decide() == .allow)
            #expect(provider.requests.count == 3)
        }
    }

    @Test("AUTHZ-1: nobody there is no decision", arguments: Kind.allCases)
    func refused(kind: Kind) async throws {
        try await Bench.run(kind, { _ in [] }) { bench, provider in
            await provider.stop()
            #expect(await bench.decide() == .unavailable(reason: "the connection was refused"))
            #expect(bench.requests == 3 && bench.errors == 1)
        }
    }

    @Test(
        "AUTHZ-1: silence, before the answer or in its midst, ends with the timeout and is not tried again",
        arguments: Kind.allCases, ["", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "HTTP/1.1 200"])
    func stalled(kind: Kind, start: String) async throws {
        try await Bench.run(kind, { _ in [.send(start), .hold] }, { $0.timeout = .milliseconds(150) }) {
            bench, provider in
            let began = ContinuousClock.now
            #expect(await bench.decide() == .unavailable(reason: "no decision in time"))
            let time = ContinuousClock.now - began
            #expect(time >= .milliseconds(140) && time < .seconds(5), "\(time)")
            #expect(provider.requests.count == 1 && bench.errors == 1)
            provider.go()
        }
    }

    @Test("AUTHZ-1: the timeout is that of all tries together", arguments: Kind.allCases)
    func allTries(kind: Kind) async throws {
        let script: ScriptedProvider.Script = { $0.number == 0 ? [Say.json("", status: 500)] : [.hold] }
        try await Bench.run(kind, script, { $0.timeout = .milliseconds(200) }) { bench, provider in
            let began = ContinuousClock.now
            #expect(await bench.decide() == .unavailable(reason: "no decision in time"))
            #expect(ContinuousClock.now - began < .seconds(5) && provider.requests.count == 2)
            provider.go()
        }
    }

    @Test(
        "AUTHZ-1: what is not JSON is no decision", arguments: Kind.allCases,
        [
            "", "true ", "allow", "{", "{\"result\":true,\"result\":false}", "{\"allowed\":true,\"allowed\":true}",
            "\u{FEFF}{}",
        ])
    func malformed(kind: Kind, body: String) async throws {
        try await Bench.run(kind, { _ in [Say.json(body)] }) { bench, provider in
            guard case .unavailable(let reason) = await bench.decide() else {
                Issue.record("\(body) decides")
                return
            }
            #expect(reason.hasPrefix("the answer "), "\(reason)")
            #expect(provider.requests.count == 1)
        }
    }

    @Test("AUTHZ-1: JSON of another shape is no decision", arguments: Kind.allCases)
    func shapes(kind: Kind) async throws {
        for (number, body) in kind.shapeless.enumerated() {
            try await Bench.run(kind, { _ in [Say.json(body)] }) { bench, provider in
                #expect(
                    await bench.decide("\(number)") == .unavailable(reason: "the answer holds no decision"), "\(body)")
                #expect(provider.requests.count == 1)
            }
        }
    }

    @Test("AUTHZ-1: an answer that is too large is no decision", arguments: Kind.allCases)
    func huge(kind: Kind) async throws {
        let blank = String(repeating: " ", count: 65_536 - kind.allow.utf8.count)
        try await Bench.run(kind, { [Say.json(kind.allow + blank + ($0.number == 0 ? "" : " "))] }) { bench, provider in
            #expect(await bench.decide("fits") == .allow)
            #expect(await bench.decide("does not") == .unavailable(reason: "the answer is too large"))
            #expect(provider.requests.count == 2)
        }
    }

    @Test("AUTHZ-1: what is not HTTP is no decision", arguments: Kind.allCases)
    func notHTTP(kind: Kind) async throws {
        try await Bench.run(kind, { _ in [.send("SSH-2.0-OpenSSH_9.2\r\n\r\n")] }) { bench, provider in
            guard case .unavailable = await bench.decide() else {
                Issue.record("a greeting decides")
                return
            }
            #expect(provider.requests.count == 1)
        }
    }

    @Test("AUTHZ-1: the fail mode is the bucket's", arguments: Kind.allCases)
    func failModes(kind: Kind) async throws {
        for mode in [FailMode.closed, .open] {
            try await Bench.run(kind, { _ in [] }, { $0.failMode = mode }) { bench, _ in
                let found = try await bench.failMode()
                #expect(found == mode)
            }
        }
    }

    @Test("AUTHZ-1: at the end there is no decision", arguments: Kind.allCases)
    func ending(kind: Kind) async throws {
        try await Bench.run(kind, { _ in [Say.json(kind.allow)] }) { bench, provider in
            await bench.shutDown()
            guard case .unavailable = await bench.decide() else {
                Issue.record("a pool that was shut down decides")
                return
            }
            #expect(provider.requests.isEmpty)
        }
    }
}
