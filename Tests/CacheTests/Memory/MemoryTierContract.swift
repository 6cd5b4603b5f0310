import Testing

@testable import Cache

/// The memory tier does what every tier must (CACHE-1, CACHE-4, CACHE-9).
struct MemoryTierContract {
    @Test(arguments: TierContract.all)
    func keepsTheContract(_ contract: TierContract) async throws {
        try await contract.check { ledger, _ in
            MemoryTier(capacity: 64 << 20, largestItem: 1 << 20, ledger: ledger) { _ in }
        }
    }

    /// All in one shard, and each object in one of several.
    @Test(arguments: TierContract.all, [1 << 20, 10 << 20])
    func keepsItInShardsOfAnySize(_ contract: TierContract, largestItem: Int) async throws {
        try await contract.check { ledger, _ in
            MemoryTier(capacity: 16 << 20, largestItem: largestItem, ledger: ledger) { _ in }
        }
    }
}
