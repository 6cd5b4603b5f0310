@testable import Network

/// A TCP port of 127.0.0.1 that nobody uses now.
///
/// Below the range from which the kernel takes ports for outgoing connections, so that no other test's connection takes
/// it; and tried without listening, because a program that another test is about to start holds a copy for a moment.
func freePort() throws -> Int {
    for _ in 0..<100 {
        let port = UInt16.random(in: 12_000..<32_000)
        let socket = try StreamSocket()
        if (try? socket.bind(IPAddress.loopbackV4.socketAddress(port: port))) != nil { return Int(port) }
    }
    throw ChildProcess.Failure.notStarted(errno: 98)
}
