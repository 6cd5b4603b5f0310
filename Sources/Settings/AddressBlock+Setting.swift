import ConfigSchema
import Exchange

extension AddressBlock: TextSetting {
    package static let rule = TextRule(
        pattern: "^([0-9]+(\\.[0-9]+){3}|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*)(/[0-9]+)?$",
        expectation: "an IP address or a block of them, such as `192.0.2.7`, `10.0.0.0/8` or `2001:db8::/32`"
    ) { AddressBlock($0) != nil }

    package static func advice(for text: String) -> String? {
        do throws(Failure) {
            _ = try AddressBlock(parsing: text)
            return nil
        } catch {
            switch error {
            case .malformed: return nil
            case .hostBits(let block): return "bits behind the length are set; the block is `\(block.text)`"
            }
        }
    }
}
