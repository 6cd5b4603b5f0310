import CAres
import Glibc
import NIOCore

/// The resolver's one thread: takes questions from the table, drives c-ares, and hands answers back.
///
/// All c-ares state lives here and is touched by this thread alone.
final class ResolverThread {
    private let desk: ResolverDesk
    private let settings: ResolverSettings
    /// The channel that new questions use comes last; the others finish what they began under an older resolv.conf.
    private var channels: [AresChannel] = []
    private var stamp: FileStamp?
    private var nextStampCheck = NIODeadline.uptimeNanoseconds(0)

    private init(_ desk: ResolverDesk) {
        self.desk = desk
        self.settings = desk.settings
    }

    /// Starts the thread; it ends after `desk.shutDown()`. False when the system has no thread to give.
    static func start(_ desk: ResolverDesk) -> Bool {
        ReactorThread.start("resolver") { ResolverThread(desk).run() }
    }

    private func run() {
        seedIdentifiers()
        while !desk.isShutDown {
            for name in desk.takeQuestions() { begin(name) }
            poll()
            desk.answerDue()
            closeIdleChannels()
        }
        for channel in channels { channel.close() }
        desk.closeWakeDescriptor()
    }

    /// c-ares draws its question ids from `rand()`, unseeded, where there is no /dev/urandom (CVE-2023-31147), as in an
    /// empty root; a guessable id lets an off-path sender forge answers.
    private func seedIdentifiers() {
        ares_library_init(ARES_LIB_INIT_ALL)
        var generator = SystemRandomNumberGenerator()
        srand(UInt32(truncatingIfNeeded: generator.next()))
    }

    private func begin(_ name: HostName) {
        let listed = HostsFile(path: settings.hostsPath).addresses(of: name)
        if !listed.isEmpty {
            desk.complete(name, .success(ResolvedAddresses(addresses: listed, lifetime: .local)))
        } else if name.isLocalhost {
            let loopback = ResolvedAddresses(addresses: [.loopbackV4, .loopbackV6], lifetime: .local)
            desk.complete(name, .success(loopback))
        } else if let channel = currentChannel() {
            channel.ask(name)
        } else {
            desk.complete(name, .failure(.serverFailure))
        }
    }

    /// The channel for new questions; a new one when resolv.conf has changed, looked at once a second at most.
    private func currentChannel() -> AresChannel? {
        let now = NIODeadline.now()
        if now >= nextStampCheck {
            nextStampCheck = now + .seconds(1)
            let found = FileStamp(path: settings.resolvConfPath)
            if found == stamp, let channel = channels.last { return channel }
            stamp = found
        } else if let channel = channels.last {
            return channel
        }
        let desk = desk
        guard let channel = AresChannel(settings, onAnswer: { name, result in desk.complete(name, result) })
        else { return channels.last }
        channels.append(channel)
        return channel
    }

    private func closeIdleChannels() {
        for channel in channels.dropLast() where channel.pending == 0 { channel.close() }
        let last = channels.last
        channels.removeAll { $0.pending == 0 && $0 !== last }
    }

    /// Waits until a socket is ready, a timer is due or somebody asks, and lets c-ares act on it.
    private func poll() {
        var set = [pollfd(fd: desk.wakeDescriptor, events: Int16(POLLIN), revents: 0)]
        for channel in channels { channel.addSockets(to: &set) }
        let count = nfds_t(set.count)
        let timeout = timeout()
        let ready = unsafe set.withUnsafeMutableBufferPointer { unsafe Glibc.poll($0.baseAddress, count, timeout) }
        if ready > 0 {
            if set[0].revents != 0 { desk.drainWakeups() }
            for entry in set.dropFirst() where entry.revents != 0 {
                for channel in channels where channel.owns(entry.fd) { channel.process(entry) }
            }
        }
        for channel in channels { channel.processTimeouts() }
    }

    /// Milliseconds for poll; -1 without a timer.
    private func timeout() -> Int32 {
        var least: Int64?
        for channel in channels {
            if let timeout = channel.timeout() { least = min(least ?? timeout, timeout) }
        }
        if let due = desk.millisecondsUntilDue() { least = min(least ?? due, due) }
        return least.map { Int32(clamping: max(0, $0)) } ?? -1
    }
}
