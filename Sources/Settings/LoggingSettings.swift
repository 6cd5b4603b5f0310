import ConfigSchema

/// `logging`: what is written to standard output, and how.
package struct LoggingSettings: SettingsSection {
    package enum Level: String, ChoiceSetting { case trace, debug, info, warn, error }
    package enum Format: String, ChoiceSetting { case json, text }

    package var level = Level.info
    package var format = Format.json
    package var accessLog = true

    package init() {}

    package static let title = "Logging"
    package static let prose = "What is written to standard output, and how."
    package static let fields: [Field<LoggingSettings>] = [
        Field("level", \.level, "The least weight of a line that is written."),
        Field("format", \.format, "`json` is one object a line, `text` is for people."),
        Field("access_log", \.accessLog, "Writes one line for each request."),
    ]
}
