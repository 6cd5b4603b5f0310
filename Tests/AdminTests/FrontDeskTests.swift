import Exchange
import NIOCore
import Proxy
import Telemetry
import Testing
import Upstream

@testable import Admin

@Suite struct FrontDeskTests {
    private let registry = MetricRegistry(loops: 1, cellsPerShard: 1_024)
    private let lifecycle = Lifecycle(started: .now() - .seconds(7))

    private func desk(
        servesMetrics: Bool = true, isExclusive: Bool = false, buckets: [String] = [], probes: @escaping () -> Void = {}
    ) -> FrontDesk {
        FrontDesk(
            paths: .init(servesMetrics: servesMetrics, isExclusive: isExclusive), version: "1.2.3", registry: registry,
            board: HealthBoard(buckets: buckets, registry: registry), lifecycle: lifecycle, refreshProbes: probes)
    }

    private func ask(
        _ desk: FrontDesk, _ path: String, _ method: Exchange.Method = .get
    ) -> (status: UInt16, lines: String, body: String)? {
        var head = RequestHead()
        head.method = method
        head.path = ByteBuffer(string: path)
        let answered = desk.answer(
            Request(
                head: head, id: RequestID(random: 1, 2), from: Client(peer: nil),
                received: .now(), deadline: .now(), body: nil, cancellation: Cancellation()))
        guard let answer = answered else { return nil }
        var body = ""
        if case .bytes(let bytes) = answer.body { body = String(buffer: bytes) }
        return (answer.head.status, String(buffer: answer.head.lines), body)
    }

    @Test(
        "RTE-5: only the exact own paths are the desk's",
        arguments: [
            ("/health", true, true), ("/ready", true, true), ("/metrics", true, false), ("/health/", false, false),
            ("/Health", false, false), ("/metricsx", false, false), ("/ready/x", false, false), ("/", false, false),
            ("//health", false, false), ("/%68ealth", false, false),
        ])
    func owns(path: String, withMetrics: Bool, withoutMetrics: Bool) {
        #expect((ask(desk(servesMetrics: true), path) != nil) == withMetrics)
        #expect((ask(desk(servesMetrics: false), path) != nil) == withoutMetrics)
        #expect(ask(desk(isExclusive: true), path) != nil, "a listener of its own serves nothing else")
    }

    @Test("OBS-3: /health says so while the process lives, and asks nobody")
    func health() throws {
        var probes = 0
        let desk = desk(buckets: ["a"]) { probes += 1 }
        let answer = try #require(ask(desk, "/health"))
        #expect(answer.status == 200 && probes == 0)
        #expect(answer.body == "{\"status\":\"healthy\",\"uptime_seconds\":7,\"version\":\"1.2.3\"}\n")
        lifecycle.beginEnding()
        #expect(ask(desk, "/health", .head)?.status == 200)
    }

    @Test("OBS-3: /ready names every bucket, escapes names, starts probes, and is 503 while one is unknown")
    func ready() throws {
        var probes = 0
        let desk = desk(buckets: ["a\"b\\c"]) { probes += 1 }
        let answer = try #require(ask(desk, "/ready"))
        #expect(answer.status == 503 && probes == 1)
        #expect(
            answer.body == """
                {"status":"unavailable","backends":{"a\\"b\\\\c":{"status":"unavailable","replicas":\
                {"default":"unhealthy"}}}}

                """)
    }

    @Test("REL-2: /ready is 503 from the moment the end is asked for")
    func ending() throws {
        let desk = desk()
        #expect(ask(desk, "/ready")?.body == "{\"status\":\"ready\",\"backends\":{}}\n")
        lifecycle.beginEnding()
        let answer = try #require(ask(desk, "/ready"))
        #expect(answer.status == 503 && answer.body == "{\"status\":\"unavailable\",\"backends\":{}}\n")
    }

    @Test("OBS-2: /metrics is Prometheus text")
    func metrics() throws {
        registry.shared.add(registry.counter(.httpRequestsTotal), 3)
        let answer = try #require(ask(desk(), "/metrics"))
        #expect(
            answer.status == 200 && answer.lines.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
        #expect(answer.body.contains("\nhttp_requests_total 3\n"))
    }

    @Test("HTTP-2: the own paths know GET, HEAD and OPTIONS", arguments: Exchange.Method.allCases)
    func methods(method: Exchange.Method) throws {
        let answer = try #require(ask(desk(), "/health", method))
        switch method {
        case .get, .head: #expect(answer.status == 200)
        case .options: #expect(answer.status == 200 && answer.lines == "Allow: GET, HEAD, OPTIONS\r\n")
        default: #expect(answer.status == 405 && answer.lines.contains("Allow: GET, HEAD, OPTIONS\r\n"))
        }
    }

    @Test("OBS-2: a listener of its own answers 404 for what is not the desk's")
    func exclusive() throws {
        let answer = try #require(ask(desk(isExclusive: true), "/files/a"))
        #expect(answer.status == 404 && answer.body.contains("\"code\":\"NO_ROUTE\""))
    }
}
