import ConfigSchema

extension Configuration {
    /// How tokens of a bucket's readers are checked; nil where everybody may read.
    package func jwt(of bucket: BucketSettings) -> JWTSettings? {
        bucket.auth.isEnabled ? JWTSettings.resolved(bucket.auth.jwt, over: jwt) : nil
    }

    /// A bucket that is meant to be private is never public: without a way to check tokens nothing starts (JWT-1).
    func checkAuthentication(_ report: inout SectionReport) {
        if jwt.isEnabled {
            for problem in jwt.problems {
                report.error(at: Self.path("jwt", problem.key), problem.message, hint: problem.hint)
            }
        } else if !jwt.adminClaims.isEmpty {
            report.error(at: "jwt.admin_claims", "has no use while `jwt.enabled` is false")
        }
        for (index, bucket) in buckets.enumerated() { checkAuthentication(of: bucket, index, &report) }
    }

    private func checkAuthentication(of bucket: BucketSettings, _ index: Int, _ report: inout SectionReport) {
        guard let resolved = jwt(of: bucket) else { return }
        guard resolved.isEnabled else {
            return report.error(
                at: "buckets[\(index)].auth.enabled",
                "leaves bucket `\(bucket.name)` without a way to check tokens: `jwt.enabled` is not true",
                hint: bucket.auth.jwt.given.contains("enabled")
                    ? "`auth.jwt.enabled` must be true too"
                    : jwt.hasKeys
                        ? "say `jwt.enabled: true`" : "give the file a section `jwt`, or the bucket its own `auth.jwt`")
        }
        // The top level's own problems are told there.
        if bucket.auth.jwt.given.isEmpty, jwt.isEnabled { return }
        for problem in resolved.problems {
            let place = Self.path("buckets[\(index)].auth.jwt", problem.key)
            report.error(at: place, "\(problem.message) (bucket `\(bucket.name)`)", hint: problem.hint)
        }
    }

    private static func path(_ section: String, _ key: String) -> String { key.isEmpty ? section : "\(section).\(key)" }
}
