import NIOCore

/// The first words on a connection: a value that takes the server's replies and gives the next command.
///
///     HELLO 3 AUTH … SETNAME … ──▶ SELECT (unless 0) ──▶ done
///       │ unknown command, or no version 3
///       └──▶ AUTH (with a password) ──▶ SELECT (unless 0) ──▶ CLIENT SETNAME ──▶ done
struct RedisGreeting {
    enum Step: Equatable {
        case send(RedisCommand)
        case done
        case refused(RedisRefusal)
    }

    private enum Phase { case hello, auth, select, setName }

    private let login: RedisLogin
    private var phase = Phase.hello
    /// The server speaks version 2 alone.
    private(set) var isOld = false

    init(_ login: RedisLogin) { self.login = login }

    var first: RedisCommand {
        var words: [RedisArgument] = ["3"]
        if let password = login.password { words += ["AUTH", .text(login.user ?? "default"), .text(password)] }
        return RedisCommand("HELLO", words + ["SETNAME", .text(login.clientName)])
    }

    /// `error` is the text of the reply when it is one.
    mutating func replied(error: [UInt8]?) -> Step {
        switch phase {
        case .hello:
            guard let error else { return select() }
            let refusal = RedisRefusal(error)
            // Before AUTH, servers may hide from strangers that they do not know a command.
            guard refusal == .other || (refusal == .noAuth && login.password != nil) else { return .refused(refusal) }
            isOld = true
            return authenticate()
        case .auth:
            guard let error else { return select() }
            let refusal = RedisRefusal(error)
            // Old servers have no word of its own for this.
            return .refused(refusal == .other ? .wrongPass : refusal)
        case .select:
            if let error { return .refused(RedisRefusal(error)) }
            return isOld ? setName() : .done
        // A name is a convenience: servers older than it do without.
        case .setName: return .done
        }
    }

    private mutating func authenticate() -> Step {
        guard let password = login.password else { return select() }
        phase = .auth
        let user: [RedisArgument] = login.user.map { [.text($0)] } ?? []
        return .send(RedisCommand("AUTH", user + [.text(password)]))
    }

    private mutating func select() -> Step {
        guard login.database != 0 else { return isOld ? setName() : .done }
        phase = .select
        return .send(RedisCommand("SELECT", [.integer(login.database)]))
    }

    private mutating func setName() -> Step {
        phase = .setName
        return .send(RedisCommand("CLIENT", ["SETNAME", .text(login.clientName)]))
    }
}
