import Exchange
import NIOCore

extension Journey {
    /// Gives the answer to the client, at the client's pace (HTTP-3).
    func deliver(_ answer: Answer, to request: Request, _ trip: inout Trip, through writer: any ResponseWriter) async {
        guard !Task.isCancelled else { return discard(answer, &trip) }
        trip.status = answer.head.status
        var head = stamped(answer.head, request.id)
        if let bucket = trip.bucket, request.head.method != .options {
            corridor.buckets[bucket].cors.write(to: &head.lines, for: request.head.fields)
        }
        switch answer.body {
        case .bytes(let bytes):
            trip.headSent = .now()
            writer.send(head, body: bytes)
        case .absent(let framing):
            trip.headSent = .now()
            writer.begin(head, framing: framing)
            writer.end()
        case .stream(let source, let framing):
            writer.begin(head, framing: framing)
            trip.headSent = .now()
            await pass(source, &trip, through: writer)
        }
    }

    /// The client left while its answer was fetched.
    private func discard(_ answer: Answer, _ trip: inout Trip) {
        trip.hasClientLeft = true
        trip.status = 499
        if case .stream(let source, _) = answer.body { source.cancel() }
    }

    /// Every answer names its request (HTTP-7).
    func stamped(_ head: ResponseHead, _ id: RequestID) -> ResponseHead {
        var head = head
        head.lines.writeStaticString("X-Request-ID: ")
        id.write(to: &head.lines)
        head.lines.writeStaticString("\r\n")
        return head
    }

    private func pass(_ source: any BodySource, _ trip: inout Trip, through writer: any ResponseWriter) async {
        do {
            while true {
                if let chunk = source.takeAvailable() {
                    try await writer.write(chunk)
                    continue
                }
                writer.flush()
                guard let chunk = try await source.next() else { break }
                try await writer.write(chunk)
            }
            writer.end()
        } catch let fault as Fault {
            // The head has gone out: only the connection's end can tell the client.
            trip.hasClientLeft = Task.isCancelled
            trip.fault = fault
            writer.abort()
        } catch {
            trip.hasClientLeft = true
            source.cancel()
            writer.abort()
        }
    }
}
