import Exchange
import HTTPWire
import NIOCore
import Network
import Settings

extension HTTP1Connection {
    /// Reads the PROXY header that stands before everything else; answers whether another step may follow.
    func takeProxyHeader() -> Bool {
        guard let parser = proxyHeader else { return true }
        do {
            guard let header = try parser.parse(&inbound) else {
                if state.headBegan() { watchdog.set(.now() + .init(worker.settings.headerTimeout)) }
                return false
            }
            proxyHeader = nil
            if case .source(let address) = header {
                client = Client(address, trusted: worker.trustedProxies, isOverLimit: client.isOverLimit)
            }
            state.preambleEnded()
            watchdog.set(.now() + .init(min(worker.settings.headerTimeout, worker.settings.idleTimeout)))
        } catch {
            refuse(Fault(.badRequest, detail: error.explanation))
        }
        return true
    }
}
