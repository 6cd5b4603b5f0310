import Exchange
import Settings

/// From which addresses a bucket may be read (HTTP-8).
package struct AddressFilter: Sendable {
    private let allowed: AddressSet
    private let blocked: AddressSet

    /// Nil when both lists are empty: everybody may.
    package init?(_ settings: IPFilterSettings) {
        guard !settings.allowlist.isEmpty || !settings.blocklist.isEmpty else { return nil }
        allowed = AddressSet(settings.allowlist)
        blocked = AddressSet(settings.blocklist)
    }

    /// A list of those who may outweighs the list of those who may not, and leaves out everybody else. A client without
    /// an IP address is on no list.
    package func check(_ address: NumericAddress?) throws(AdmissionFailure) {
        let isAdmitted =
            allowed.isEmpty
            ? !(address.map(blocked.contains) ?? false) : address.map(allowed.contains) ?? false
        guard isAdmitted else { throw .addressDenied }
    }
}
