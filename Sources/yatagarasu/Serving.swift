import ArgumentParser
import Authentication
import ConfigSchema
import Glibc
import Network
import NIOCore
import Settings
import Telemetry

/// Serves one configuration from start to end.
enum Serving {
    /// Returns after a graceful end; throws the exit code otherwise.
    static func run(_ configuration: Configuration, source: String) async throws {
        let signals = Signals.begin()
        let began = NIODeadline.now()
        let output: LogOutput
        do throws(LogFailure) {
            output = try LogOutput(descriptor: STDOUT_FILENO) { code in
                Terminal.complain("Warning: the log cannot be written: \(Terminal.words(code))")
            }
        } catch {
            Terminal.complain("Error: the log cannot be written: \(error)")
            throw ExitCode(1)
        }
        let log = Log(
            level: .init(configuration.logging.level), format: .init(configuration.logging.format), output: output)
        do throws(ProxyFailure) {
            let proxy = try await Proxying.start(configuration, log: log, began: began)
            log.info(
                "serving",
                [
                    "version": .string(Version.text), "config": .string(source), "address": .string(proxy.place),
                    "buckets": .int(configuration.buckets.count), "threads": .int(proxy.threads),
                    "startup_ms": .duration(.nanoseconds((.now() - began).nanoseconds)),
                ])
            warnOfAuthentication(configuration, log)
            let reason = await untilAsked(signals, log)
            let impatience = Task {
                let second = await untilAsked(signals, log)
                // Cancelled because the end came in time: there was no second signal.
                guard !Task.isCancelled else { return }
                await proxy.endNow(reason: "a second signal: \(second)")
                _ = output.close(within: .seconds(1))
                exit(1)
            }
            await proxy.end(reason: reason)
            impatience.cancel()
        } catch {
            log.error("cannot serve", ["reason": .string(error.explanation)])
            _ = output.close(within: .seconds(1))
            Terminal.complain("Error: \(error.explanation)")
            throw ExitCode(1)
        }
        _ = output.close(within: .seconds(2))
    }

    /// What an operator should know of who may ask.
    private static func warnOfAuthentication(_ configuration: Configuration, _ log: Log) {
        if !configuration.jwt.isEnabled || configuration.jwt.adminClaims.isEmpty {
            log.warn("nobody may call /admin/: no jwt.admin_claims are configured")
        }
        for bucket in configuration.buckets where bucket.auth.opensWhenUndecided {
            log.warn(
                "readers of this bucket pass when its provider cannot be asked (fail_mode: open)",
                ["bucket": .string(bucket.name)])
        }
        for place in AuthenticationPlan.weakSecrets(of: configuration) {
            log.warn("a secret for tokens is shorter than its hash and can be guessed", ["place": .string(place)])
        }
    }

    /// Waits for the signal that ends the program; SIGHUP does not.
    private static func untilAsked(_ signals: AsyncStream<Int32>, _ log: Log) async -> String {
        for await signal in signals {
            switch signal {
            case SIGTERM: return "SIGTERM"
            case SIGINT: return "SIGINT"
            default: log.warn("the configuration is read at start only; restart to apply changes")
            }
        }
        return "end of signals"
    }
}

extension LogLevel {
    init(_ level: LoggingSettings.Level) {
        switch level {
        case .trace, .debug: self = .debug
        case .info: self = .info
        case .warn: self = .warn
        case .error: self = .error
        }
    }
}

extension LogFormat {
    init(_ format: LoggingSettings.Format) {
        switch format {
        case .json: self = .json
        case .text: self = .text
        }
    }
}
