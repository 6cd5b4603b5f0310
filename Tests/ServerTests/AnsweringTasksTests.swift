import Exchange
import NIOCore
import Network
import Settings
import Telemetry
import Testing

@testable import Server

@Suite struct AnsweringTasksTests {
    private final class NoResponder: Responder {
        func respondAtOnce(to request: Request, through writer: any ResponseWriter) -> Bool { false }
        func respond(to request: Request, through writer: any ResponseWriter) async {}
        func refuse(_ refusal: Refusal, through writer: any ResponseWriter) {}
    }

    @Test("HTTP-6: a task that is kept holds no connection, neither its first nor its last")
    func holdsNothing() async throws {
        let group = try ReactorGroup(threads: 1)
        let loop = group.loops[0]
        let left = try await loop.submit {
            let registry = MetricRegistry(loops: 1, cellsPerShard: 1_024)
            let worker = ServerWorker(
                loop: LoopContext(eventLoop: loop, index: 0, seed: (1, 2, 3, 4)), settings: ServerSettings(),
                responder: NoResponder(), metrics: ServerMetrics(registry: registry), wallClock: { 0 })
            var left = 0
            for _ in 0..<3 {
                weak var held: HTTP1Connection?
                do {
                    let connection = HTTP1Connection(worker: worker, isSecure: false, isOverLimit: false)
                    held = connection
                    worker.tasks.answer(connection)
                }
                if held != nil { left += 1 }
            }
            _ = worker.stop()
            return left
        }.get()
        #expect(left == 0)
        try await group.shutdownGracefully()
    }
}
