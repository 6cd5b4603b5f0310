import NIOCore
import Network
import Testing

@testable import Cache

/// A disk tier is a tier (CACHE-2).
struct DiskTierContractTests {
    @Test(arguments: TierContract.all)
    func keeps(_ contract: TierContract) async throws {
        let bench = try DiskBench()
        try await contract.check { ledger, _ in
            let tier = DiskTier(
                DiskTierSettings(folder: bench.path, maxBytes: 1 << 30, openFiles: 20, retryAfter: .seconds(1)),
                spaces: FixedSpaces(), ledger: ledger, pool: bench.pool, reports: DiskReports { _ in })
            tier.start()
            await tier.scanned()
            return tier
        }
    }
}
