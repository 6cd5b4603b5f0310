import CAres
import Glibc
import NIOCore

/// One c-ares channel: questions to the name servers, and the sockets and timers that drive them.
///
/// Confined to the resolver's thread: c-ares 1.18 has no lock and calls back from within its own functions.
/// Safe: the handle is valid from `init` to `close`, and what is called after `close` does nothing.
@safe final class AresChannel {
    /// c-ares's sockets and what they wait for; apart from the channel because c-ares changes it while it closes.
    private final class Sockets {
        var interests: [Int32: Int16] = [:]
    }

    /// One question on its way through c-ares, which hands it back exactly once.
    private final class Question {
        let name: HostName
        unowned let channel: AresChannel

        init(name: HostName, channel: AresChannel) {
            self.name = name
            self.channel = channel
        }
    }

    /// Addresses of one answer beyond this number are left out.
    private static let addressLimit = 32

    private var handle: ares_channel?
    private let sockets = Sockets()
    private let onAnswer: (HostName, Result<ResolvedAddresses, ResolutionFailure>) -> Void
    private(set) var pending = 0

    /// Reads resolv.conf. `onAnswer` is called once for each question, from `ask`, `process` or `close`.
    init?(
        _ settings: ResolverSettings,
        onAnswer: @escaping (HostName, Result<ResolvedAddresses, ResolutionFailure>) -> Void
    ) {
        self.onAnswer = onAnswer
        var options = unsafe ares_options()
        unsafe options.timeout = Int32(clamping: max(1, settings.queryTimeout.nanoseconds / 1_000_000))
        unsafe options.tries = Int32(clamping: max(1, settings.tries))
        // The hosts file is searched before; without this, nsswitch.conf could leave the name servers out.
        let lookups = unsafe strdup("b")
        let path = unsafe strdup(settings.resolvConfPath)
        defer {
            unsafe free(lookups)
            unsafe free(path)
        }
        unsafe options.lookups = lookups
        unsafe options.resolvconf_path = path
        unsafe options.sock_state_cb = { data, descriptor, readable, writable in
            guard let data = unsafe data else { return }
            let sockets = unsafe Unmanaged<Sockets>.fromOpaque(data).takeUnretainedValue()
            let interest = (readable != 0 ? POLLIN : 0) | (writable != 0 ? POLLOUT : 0)
            sockets.interests[descriptor] = interest == 0 ? nil : Int16(interest)
        }
        unsafe options.sock_state_cb_data = Unmanaged.passUnretained(sockets).toOpaque()
        let mask =
            ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_RESOLVCONF | ARES_OPT_SOCK_STATE_CB
        var handle: ares_channel?
        guard unsafe ares_init_options(&handle, &options, mask) == ARES_SUCCESS else { return nil }
        unsafe self.handle = handle
        guard !settings.servers.isEmpty else { return }
        let list = settings.servers.joined(separator: ",")
        guard unsafe ares_set_servers_ports_csv(handle, list) == ARES_SUCCESS else {
            close()
            return nil
        }
    }

    /// Ends every open question with `shutDown` and frees the channel. Must be called before the last reference goes.
    func close() {
        unsafe ares_destroy(handle)
        unsafe handle = nil
    }

    /// Asks for the A and AAAA records of `name`, by the search list where that applies.
    func ask(_ name: HostName) {
        guard unsafe handle != nil else { return onAnswer(name, .failure(.shutDown)) }
        pending += 1
        let question = unsafe Unmanaged.passRetained(Question(name: name, channel: self))
        var hints = ares_addrinfo_hints()
        hints.ai_family = AF_UNSPEC
        // No service name: c-ares would look it up in the C library.
        unsafe ares_getaddrinfo(
            handle, name.text, nil, &hints,
            { argument, status, _, list in
                defer { unsafe ares_freeaddrinfo(list) }
                guard let argument = unsafe argument else { return }
                let question = unsafe Unmanaged<Question>.fromOpaque(argument).takeRetainedValue()
                question.channel.pending -= 1
                question.channel.onAnswer(question.name, unsafe AresChannel.result(status, list))
            }, question.toOpaque())
    }

    /// Adds c-ares's sockets to a poll set.
    func addSockets(to set: inout [pollfd]) {
        for (descriptor, interest) in sockets.interests {
            set.append(pollfd(fd: descriptor, events: interest, revents: 0))
        }
    }

    /// Whether `descriptor` is one of this channel's.
    func owns(_ descriptor: Int32) -> Bool { sockets.interests[descriptor] != nil }

    /// Lets c-ares read and write a socket that poll found ready.
    func process(_ ready: pollfd) {
        guard unsafe handle != nil else { return }
        let events = Int32(ready.revents)
        let isReadable = events & (POLLIN | POLLERR | POLLHUP | POLLNVAL) != 0
        let isWritable = events & (POLLOUT | POLLERR | POLLHUP) != 0
        unsafe ares_process_fd(handle, isReadable ? ready.fd : -1, isWritable ? ready.fd : -1)
    }

    /// Lets c-ares act on timeouts.
    func processTimeouts() {
        guard unsafe handle != nil else { return }
        unsafe ares_process_fd(handle, -1, -1)
    }

    /// Milliseconds until `processTimeouts` has something to do; nil when nothing is open.
    func timeout() -> Int64? {
        guard pending > 0, unsafe handle != nil else { return nil }
        var time = timeval()
        guard unsafe ares_timeout(handle, nil, &time) != nil else { return nil }
        return Int64(time.tv_sec) * 1_000 + (Int64(time.tv_usec) + 999) / 1_000
    }

    private static func result(
        _ status: Int32, _ list: UnsafeMutablePointer<ares_addrinfo>?
    ) -> Result<ResolvedAddresses, ResolutionFailure> {
        guard status == ARES_SUCCESS else { return .failure(failure(status)) }
        var addresses: [IPAddress] = []
        var seconds = Int64(Int32.max)
        var alias = unsafe list?.pointee.cnames
        while let current = unsafe alias {
            seconds = min(seconds, Int64(unsafe current.pointee.ttl))
            unsafe alias = current.pointee.next
        }
        var node = unsafe list?.pointee.nodes
        while let current = unsafe node, addresses.count < addressLimit {
            if let address = unsafe address(current.pointee), !addresses.contains(address) {
                addresses.append(address)
                seconds = min(seconds, Int64(unsafe current.pointee.ai_ttl))
            }
            unsafe node = current.pointee.ai_next
        }
        guard !addresses.isEmpty else { return .failure(.notFound) }
        return .success(ResolvedAddresses(addresses: addresses, lifetime: .record(seconds: max(0, seconds))))
    }

    private static func address(_ node: ares_addrinfo_node) -> IPAddress? {
        guard let raw = unsafe UnsafeRawPointer(node.ai_addr) else { return nil }
        // sin_addr stands at offset 4 of sockaddr_in, sin6_addr at offset 8 of sockaddr_in6.
        switch unsafe node.ai_family {
        case AF_INET:
            return unsafe .v4(UInt32(bigEndian: raw.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
        case AF_INET6:
            return unsafe .v6(
                UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 16, as: UInt64.self)))
        default:
            return nil
        }
    }

    private static func failure(_ status: Int32) -> ResolutionFailure {
        switch status {
        case ARES_ENOTFOUND, ARES_ENODATA: .notFound
        case ARES_ETIMEOUT: .timedOut
        case ARES_EREFUSED, ARES_ECONNREFUSED: .refused
        case ARES_EBADNAME, ARES_EBADSTR: .badName
        case ARES_ENOMEM: .overloaded
        case ARES_EDESTRUCTION, ARES_ECANCELLED: .shutDown
        default: .serverFailure
        }
    }
}
