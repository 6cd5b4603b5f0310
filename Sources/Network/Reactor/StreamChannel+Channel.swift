import Glibc
import NIOCore

/// What a channel must also offer, and nobody here asks for often.
extension StreamChannel {
    package func localAddress0() throws -> SocketAddress {
        guard let localAddress else { throw ChannelError.operationUnsupported }
        return localAddress
    }

    package func remoteAddress0() throws -> SocketAddress {
        guard let remoteAddress else { throw ChannelError.operationUnsupported }
        return remoteAddress
    }

    package func register0(promise: EventLoopPromise<Void>?) { promise?.fail(ChannelError.operationUnsupported) }

    package func registerAlreadyConfigured0(promise: EventLoopPromise<Void>?) {
        promise?.fail(ChannelError.operationUnsupported)
    }

    package func bind0(to: SocketAddress, promise: EventLoopPromise<Void>?) {
        promise?.fail(ChannelError.operationUnsupported)
    }

    package func connect0(to: SocketAddress, promise: EventLoopPromise<Void>?) {
        promise?.fail(ChannelError.operationUnsupported)
    }

    /// The reactor reads by itself while `autoRead` is on.
    package func read0() {}

    package func triggerUserOutboundEvent0(_ event: Any, promise: EventLoopPromise<Void>?) {
        promise?.fail(ChannelError.operationUnsupported)
    }

    /// Bytes that no handler took.
    package func channelRead0(_ data: NIOAny) {}

    package func errorCaught0(error: any Error) {}

    package func setOption<Option: ChannelOption>(_ option: Option, value: Option.Value) -> EventLoopFuture<Void> {
        eventLoop.submit { [options = StreamOptions(channel: self)] in try options.setOption(option, value: value) }
    }

    package func getOption<Option: ChannelOption>(_ option: Option) -> EventLoopFuture<Option.Value> {
        eventLoop.submit { [options = StreamOptions(channel: self)] in try options.getOption(option) }
    }
}

/// The options that handlers ask a channel for.
struct StreamOptions: NIOSynchronousChannelOptions, Sendable {
    let channel: StreamChannel

    func setOption<Option: ChannelOption>(_ option: Option, value: Option.Value) throws {
        guard option is ChannelOptions.Types.AutoReadOption, let isOn = value as? Bool else {
            throw ChannelError.operationUnsupported
        }
        channel.setReading(isOn)
    }

    func getOption<Option: ChannelOption>(_ option: Option) throws -> Option.Value {
        let value: Any? =
            switch option {
            case is ChannelOptions.Types.AutoReadOption: channel.isReadingOn
            case is ChannelOptions.Types.AllowRemoteHalfClosureOption: false
            case is ChannelOptions.Types.BufferedWritableBytesOption: channel.unsentBytes
            case let option as ChannelOptions.Types.SocketOption: SocketSwitch.get(channel.descriptor, option)
            default: nil
            }
        guard let value = value as? Option.Value else { throw ChannelError.operationUnsupported }
        return value
    }
}

/// Socket options that are on or off.
enum SocketSwitch {
    static func set(_ descriptor: Int32, _ level: Int32, _ name: Int32) {
        var yes: Int32 = 1
        unsafe setsockopt(descriptor, level, name, &yes, socklen_t(MemoryLayout<Int32>.size))
    }

    static func set(_ descriptor: Int32, _ level: Int, _ name: Int32) { set(descriptor, Int32(level), name) }

    static func get(_ descriptor: Int32, _ option: ChannelOptions.Types.SocketOption) -> SocketOptionValue? {
        var value: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        let level = CInt(option.level)
        guard unsafe getsockopt(descriptor, level, CInt(option.name), &value, &size) == 0 else { return nil }
        return SocketOptionValue(value)
    }

    /// What went wrong on the socket since it was last asked; 0 for nothing.
    static func pendingError(_ descriptor: Int32) -> Int32 {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 else { return errno }
        return code
    }
}

/// Without another reader, bytes go through the pipeline.
extension StreamChannel: StreamReader {
    package func received(_ bytes: ByteBuffer) { pipeline.syncOperations.fireChannelRead(NIOAny(bytes)) }

    package func received(copying bytes: RawSpan) {
        var copy = ByteBufferAllocator().buffer(capacity: bytes.byteCount)
        copy.writeBytes(bytes)
        received(copy)
    }

    package func receivedAll() { pipeline.syncOperations.fireChannelReadComplete() }

    package func writabilityChanged(_ isWritable: Bool) { pipeline.syncOperations.fireChannelWritabilityChanged() }
}
