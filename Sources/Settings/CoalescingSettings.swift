import ConfigSchema

/// `server.coalescing`: whether requests for one object that is not cached share one request to the origin (CACHE-6).
package struct CoalescingSettings: SettingsSection {
    package enum Strategy: String, ChoiceSetting {
        case streaming
        case waitForComplete = "wait_for_complete"
    }

    package var isEnabled = true
    package var strategy = Strategy.streaming
    /// Bytes.
    package var window = 4_194_304

    package init() {}

    package static let title = "Coalescing"
    package static let prose =
        "Whether requests for one object that is not cached share one request to the origin; in buckets with a cache only."
    package static let fields: [Field<CoalescingSettings>] = [
        Field("enabled", \.isEnabled, "Lets requests for one object share one request to the origin."),
        Field(
            "strategy", \.strategy,
            "`streaming` gives bytes to all as they arrive; `wait_for_complete` lets the others wait for the whole object."
        ),
        Field(
            "window", bytes: \.window, in: 65_536...(1 << 30),
            "How much of an object that no layer may keep is held for those who follow."),
    ]
}
