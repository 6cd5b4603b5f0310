import ConfigSchema

/// `server.rate_limit`: how often the server as a whole, one client and one user may ask.
package struct RateLimitSettings: SettingsSection {
    package var isEnabled = false
    package var global: RateSettings?
    package var perIP: ClientRateSettings?
    package var perUser: ClientRateSettings?

    package init() {}

    package static let title = "Rate limits"
    package static let prose =
        "How often the server as a whole, one client and one user may ask; beyond it 429 with `Retry-After`. A limit that is absent does not hold."
    package static let fields: [Field<RateLimitSettings>] = [
        Field("enabled", \.isEnabled, "Turns these limits on; those of buckets (`s3.rate_limit`) hold without it."),
        Field("global", optionalSection: \.global),
        Field("per_ip", optionalSection: \.perIP),
        Field("per_user", optionalSection: \.perUser),
    ]
}

/// A rate and how far it may be exceeded for a moment.
package struct RateSettings: SettingsSection {
    package var requestsPerSecond = 1
    /// Absent: one second's requests.
    package var burst: Int?

    package init() {}

    package static let title = "Rate limit"
    package static let prose = "How often all clients together may ask; beyond it 429 with `Retry-After`."
    package static let fields: [Field<RateSettings>] = [
        Field("requests_per_second", required: \.requestsPerSecond, in: rates, ratesProse),
        Field("burst", \.burst, in: rates, burstProse),
    ]

    static let rates = 1...1_000_000
    static let ratesProse = "Requests a second in the long run."
    static let burstProse = "Requests that may come at once after a rest; absent, `requests_per_second`."
}

/// A rate for each of many clients.
package struct ClientRateSettings: SettingsSection {
    package var requestsPerSecond = 1
    /// Absent: one second's requests.
    package var burst: Int?
    package var maxClients = 100_000

    package init() {}

    package static let title = "Rate limit for each"
    package static let prose =
        "How often each address (of IPv6 each /64), or each user (the token's `sub`), may ask."
    package static let fields: [Field<ClientRateSettings>] = [
        Field("requests_per_second", required: \.requestsPerSecond, in: RateSettings.rates, RateSettings.ratesProse),
        Field("burst", \.burst, in: RateSettings.rates, RateSettings.burstProse),
        Field(
            "max_clients", \.maxClients, in: 1_000...10_000_000,
            "Clients that are remembered at a time, about 50 bytes each; of more, those that asked least lately are forgotten."
        ),
    ]
}
