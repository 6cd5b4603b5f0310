// swift-tools-version: 6.3
import PackageDescription

/// What stands in one folder under `Sources/`, and on which lower floors it leans.
struct Module {
    var name: String
    /// Modules of lower floors only: `targets(of:)` refuses any other arrow.
    var uses: [String] = []
    var products: [Target.Dependency] = []
    var isProgram = false
}

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioLocks = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let jemalloc = Target.Dependency.target(name: "CJemalloc", condition: .when(traits: ["Jemalloc"]))
let mallocConf = Target.Dependency.target(name: "CMallocConf", condition: .when(traits: ["Jemalloc"]))

/// The floors, lowest first. A module may use modules of lower floors, never of its own floor or above.
let floors: [[Module]] = [
    [  // ground: rules, no I/O
        Module(name: "ConfigSchema", products: ["CYAML"]),
        Module(name: "Exchange", products: [nioCore]),
        Module(name: "HTTPSemantics"),
        Module(name: "Resilience", products: [nioLocks]),
    ],
    [  // language
        Module(name: "Settings", uses: ["ConfigSchema", "Exchange"]),
        Module(name: "HTTPWire", uses: ["Exchange"], products: [nioCore]),
        Module(name: "S3", uses: ["Exchange", "HTTPSemantics"], products: [nioCore, crypto]),
        Module(
            name: "Network", uses: ["Exchange"],
            products: [nioCore, nioLocks, nioSSL, "CAres", "CLinux"]),
        Module(name: "Telemetry", uses: ["Exchange"], products: [nioCore, nioLocks, jemalloc]),
    ],
    [  // doors: one outside world each
        Module(
            name: "Server",
            uses: ["Exchange", "HTTPSemantics", "HTTPWire", "Network", "Resilience", "Settings", "Telemetry"],
            products: [nioCore]),
        Module(
            name: "Transport", uses: ["Exchange", "HTTPWire", "Network", "Resilience", "Settings", "Telemetry"],
            products: [nioCore, nioSSL]),
        Module(
            name: "Redis", uses: ["Exchange", "Network", "Resilience", "Telemetry"],
            products: [nioCore, nioLocks, nioSSL]),
    ],
    [  // rooms: one question each
        Module(
            name: "Authentication",
            uses: ["ConfigSchema", "Exchange", "Network", "Settings", "Telemetry", "Transport"],
            products: [nioCore, nioLocks, crypto, cryptoExtras]),
        Module(
            name: "Authorization",
            uses: ["ConfigSchema", "Exchange", "Network", "Resilience", "Settings", "Telemetry", "Transport"],
            products: [nioCore, nioLocks, nioSSL]),
        Module(
            name: "Admission", uses: ["Exchange", "HTTPSemantics", "Resilience", "Settings"],
            products: [nioCore]),
        Module(
            name: "Cache", uses: ["Exchange", "HTTPSemantics", "Network", "Resilience", "Settings", "Telemetry"],
            products: [nioCore, nioLocks, crypto, "CLinux"]),
        Module(
            name: "Upstream",
            uses: ["Exchange", "HTTPSemantics", "Network", "S3", "Settings", "Telemetry", "Transport"],
            products: [nioCore, nioLocks]),
    ],
    [  // corridor
        Module(
            name: "Proxy",
            uses: [
                "Admission", "Authentication", "Authorization", "Cache", "Exchange", "HTTPSemantics", "Network",
                "Resilience", "S3", "Settings", "Telemetry", "Transport", "Upstream",
            ], products: [nioCore])
    ],
    [  // desk
        Module(
            name: "Admin", uses: ["Exchange", "Network", "Proxy", "Settings", "Telemetry", "Upstream"],
            products: [nioCore]),
        Module(
            name: "DevOrigin",
            uses: ["Exchange", "HTTPSemantics", "Network", "S3", "Server", "Settings", "Telemetry"],
            products: [nioCore, nioLocks, nioPosix, crypto]),
    ],
    [  // street
        Module(
            name: "yatagarasu",
            uses: [
                "Admin", "Admission", "Authentication", "Authorization", "Cache", "ConfigSchema", "DevOrigin",
                "Exchange",
                "HTTPWire", "Network", "Proxy", "Resilience", "S3", "Server", "Settings", "Telemetry", "Transport",
                "Upstream",
            ],
            products: [nioCore, nioSSL, arguments, jemalloc, mallocConf], isProgram: true)
    ],
]

let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

func targets(of floors: [[Module]]) -> [Target] {
    var below: Set<String> = []
    var all: [Target] = []
    for floor in floors {
        for module in floor {
            for arrow in module.uses where !below.contains(arrow) {
                fatalError("\(module.name) may not use \(arrow): it stands on its own floor or above")
            }
            let dependencies = module.uses.map { Target.Dependency.target(name: $0) } + module.products
            all.append(
                module.isProgram
                    ? .executableTarget(
                        name: module.name, dependencies: dependencies, exclude: ["README.md"], swiftSettings: strict)
                    : .target(
                        name: module.name, dependencies: dependencies, exclude: ["README.md"], swiftSettings: strict))
        }
        below.formUnion(floor.map(\.name))
    }
    return all
}

func tests(
    _ name: String, uses: [String], products: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
    .testTarget(
        name: name, dependencies: uses.map { .target(name: $0) } + products, path: "Tests/\(name)", exclude: exclude,
        swiftSettings: strict)
}

/// Only for `scripts/fuzz`: it is linked with libFuzzer, which brings its own `main`.
let fuzzer: [Target] =
    Context.environment["YATAGARASU_FUZZ"] == nil
    ? []
    : [
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "Admission", "Authorization", "Cache", "ConfigSchema", "Exchange", "HTTPSemantics", "HTTPWire", "Redis",
                "S3",
                "Settings", nioCore,
            ],
            path: "Tests/Fuzz", exclude: ["corpus"], swiftSettings: strict)
    ]

/// Only for `Benchmarks/micro/run` and `Benchmarks/policies/run`.
let microBenchmarks: [Target] =
    Context.environment["YATAGARASU_BENCH"] == nil
    ? []
    : [
        .executableTarget(
            name: "MicroBenchmarks",
            dependencies: [
                "Authentication", "Authorization", "Cache", "ConfigSchema", "Exchange", "HTTPSemantics", "HTTPWire",
                "Network", "Proxy", "S3", "Settings", "Telemetry", "CJemalloc", "CMallocConf", nioCore, crypto,
                cryptoExtras,
            ],
            path: "Benchmarks/micro", exclude: ["README.md", "run", "thresholds.json"], swiftSettings: strict),
        .executableTarget(
            name: "CachePolicies", dependencies: ["Cache"], path: "Benchmarks/policies",
            exclude: ["README.md", "run"], swiftSettings: strict),
    ]

let package = Package(
    name: "yatagarasu",
    products: [.executable(name: "yatagarasu", targets: ["yatagarasu"])],
    traits: [
        .trait(name: "Jemalloc", description: "jemalloc instead of the C library's malloc; off for sanitizers"),
        .default(enabledTraits: ["Jemalloc"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
    ],
    targets: targets(of: floors) + fuzzer + microBenchmarks + [
        .systemLibrary(name: "CAres"),
        .target(name: "CMallocConf", exclude: ["README.md"]),
        .systemLibrary(name: "CJemalloc"),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CYAML"),
        tests(
            "AuthenticationTests",
            uses: ["Authentication", "ConfigSchema", "Exchange", "Network", "Settings", "Telemetry"],
            products: [nioCore, crypto, cryptoExtras]),
        tests("AdmissionTests", uses: ["Admission", "Exchange", "HTTPWire", "Settings"], products: [nioCore]),
        tests(
            "CacheTests", uses: ["Cache", "Exchange", "HTTPSemantics", "Network", "Settings", "Telemetry"],
            products: [nioCore, nioLocks]),
        tests("ConfigSchemaTests", uses: ["ConfigSchema"]),
        tests("ExchangeTests", uses: ["Exchange"], products: [nioCore]),
        tests("HouseTests", uses: []),
        tests("HTTPSemanticsTests", uses: ["HTTPSemantics"]),
        tests(
            "RedisTests", uses: ["Exchange", "Network", "Redis", "Resilience", "Telemetry"],
            products: [nioCore, nioLocks, nioSSL]),
        tests("ResilienceTests", uses: ["Resilience"]),
        tests("SettingsTests", uses: ["ConfigSchema", "Exchange", "Settings"]),
        tests(
            "HTTPWireTests", uses: ["Exchange", "HTTPWire"],
            products: [
                nioCore, .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        tests(
            "S3Tests", uses: ["Exchange", "HTTPSemantics", "S3"], products: [nioCore], exclude: ["botocore_oracle.py"]),
        tests(
            "ServerTests", uses: ["Exchange", "HTTPWire", "Network", "Server", "Settings", "Telemetry"],
            products: [nioCore]),
        tests("TransportTests", uses: ["Exchange", "HTTPWire", "Network", "Transport"], products: [nioCore]),
        tests(
            "AuthorizationTests",
            uses: ["Authorization", "ConfigSchema", "Exchange", "Network", "Settings", "Telemetry", "Transport"],
            products: [nioCore, nioLocks, nioPosix]),
        tests("UpstreamTests", uses: ["Telemetry", "Upstream"], products: [nioCore]),
        tests("ProxyTests", uses: ["Exchange", "HTTPSemantics", "HTTPWire", "Proxy", "Settings"], products: [nioCore]),
        tests(
            "AdminTests", uses: ["Admin", "Exchange", "Proxy", "Telemetry", "Upstream"], products: [nioCore]),
        tests(
            "JourneyTests",
            uses: [
                "Admin", "Admission", "Authentication", "Authorization", "Cache", "ConfigSchema", "Exchange", "Network",
                "Proxy", "Resilience", "S3", "Server", "Settings", "Telemetry",
                "Transport", "Upstream",
            ], products: [nioCore, nioLocks, nioPosix, crypto]),
        tests("NetworkTests", uses: ["Exchange", "Network"], products: [nioCore, nioLocks, nioPosix]),
        tests(
            "DevOriginTests", uses: ["DevOrigin", "Exchange", "S3", "yatagarasu"], products: [nioCore],
            exclude: ["boto3_client.py", "origin_client.py"]),
        tests("TelemetryTests", uses: ["Exchange", "Telemetry"], products: [nioCore]),
    ],
    swiftLanguageModes: [.v6]
)
