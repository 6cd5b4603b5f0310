import Exchange
import NIOCore
import Network

extension Journey {
    /// Gives the answer to the client, at the client's pace (HTTP-3).
    func deliver(
        _ answer: inout Answer, to request: Request, _ trip: inout Trip, through writer: any ResponseWriter
    ) async {
        guard !request.cancellation.isCancelled else { return discard(answer, of: request, &trip) }
        guard case .stream(let source, let framing) = answer.body else {
            return deliverAtOnce(&answer, to: request, &trip, through: writer)
        }
        complete(&answer, for: request, &trip)
        writer.begin(answer.head, framing: framing)
        await pass(source, of: request, &trip, through: writer)
    }

    /// Gives an answer that needs no pace.
    func deliverAtOnce(
        _ answer: inout Answer, to request: Request, _ trip: inout Trip, through writer: any ResponseWriter
    ) {
        complete(&answer, for: request, &trip)
        switch answer.body {
        case .bytes(let bytes): writer.send(answer.head, body: bytes)
        case .absent(let framing):
            writer.begin(answer.head, framing: framing)
            writer.end()
        case .stream(let source, _):
            source.cancel()
            writer.abort()
        }
    }

    /// Adds what every answer carries: its request's name (HTTP-7), and what the bucket and its cache say.
    private func complete(_ answer: inout Answer, for request: Request, _ trip: inout Trip) {
        trip.status = answer.head.status
        answer.head.requestID = request.id
        answer.head.cache = trip.cacheNote
        if let bucket = trip.bucket, !request.head.isOptions {
            corridor.buckets[bucket].cors.write(to: &answer.head.lines, for: request.head.fields)
        }
        trip.headSent = loop.moment
    }

    /// The client left while its answer was fetched, or the server has ended.
    private func discard(_ answer: Answer, of request: Request, _ trip: inout Trip) {
        // That it was given up for this is no failure of its own.
        trip.fault = nil
        cut(request, &trip)
        trip.status = 499
        if case .stream(let source, _) = answer.body { source.cancel() }
    }

    /// What is there already goes out together; only a wait, for the origin or for the client, comes between.
    private func pass(
        _ source: any BodySource, of request: Request, _ trip: inout Trip, through writer: any ResponseWriter
    ) async {
        do {
            while true {
                let chunk: ByteBuffer
                switch source.takeAvailable() {
                case .chunk(let available): chunk = available
                case .unknown:
                    writer.flush()
                    guard let next = try await source.next() else { return writer.end() }
                    chunk = next
                case .end: return writer.end()
                }
                if !writer.write(chunk) { try await writer.waitUntilWritable() }
            }
        } catch let fault as Fault {
            // The head has gone out: only the connection's end can tell the client.
            if request.cancellation.isCancelled { cut(request, &trip) } else { trip.fault = fault }
            writer.abort()
        } catch {
            cut(request, &trip)
            source.cancel()
            writer.abort()
        }
    }

    /// Notes why nobody gets the rest.
    private func cut(_ request: Request, _ trip: inout Trip) {
        switch request.cancellation.cause {
        case .serverEnds: trip.fault = Fault(.shuttingDown, detail: "cut when the time to drain was over")
        case .clientLeft, nil: trip.hasClientLeft = true
        }
    }
}
