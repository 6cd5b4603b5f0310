/// Lists a bucket: walks its folders in the order of the keys' bytes and leaves out what a page cannot hold.
///
/// Within a folder a subfolder sorts as its name with `/`, so that walking depth first gives all keys in order. Folders
/// without a key of the page are not opened. A folder's names are held while it is walked: memory grows with the
/// largest folder.
struct FolderWalk {
    private let query: ListQuery
    private let records: ObjectRecords
    private var listing = Listing()
    /// Where the page ends so far.
    private var last: ListQuery.Position?

    private init(_ query: ListQuery, _ records: ObjectRecords) {
        self.query = query
        self.records = records
    }

    static func list(_ bucket: Folder, _ query: ListQuery, _ records: ObjectRecords) -> Listing {
        guard query.pageLength > 0 else { return Listing() }
        var walk = FolderWalk(query, records)
        _ = walk.visit(bucket, base: [])
        return walk.listing
    }

    /// Whether the walk goes on. A folder that vanished or may not be read holds no keys.
    private mutating func visit(_ folder: Folder, base: [UInt8]) -> Bool {
        guard let entries = try? folder.entries() else { return true }
        let slash = [UInt8(ascii: "/")]
        let named = entries.map { (entry: $0, path: base + $0.name.bytes + ($0.isFolder ? slash : [])) }
        for (entry, path) in named.sorted(by: { $0.path.lexicographicallyPrecedes($1.path) }) {
            guard !entry.name.isReserved, path.count <= ObjectKey.limit, mayHold(path) else { continue }
            if entry.isFolder {
                guard let inner = try? folder.folder(entry.name) else { continue }
                guard visit(inner, base: path) else { return false }
            } else {
                guard take(path, entry.name, folder) else { return false }
            }
        }
        return true
    }

    /// Whether a key that begins with `path`, or is it, may belong to the page.
    private func mayHold(_ path: [UInt8]) -> Bool {
        guard path.starts(with: query.prefix) || query.prefix.starts(with: path) else { return false }
        return isBehind(query.start, path) && isBehind(last, path)
    }

    /// Whether keys behind `position` may begin with `path`. A folder's path ends with `/`, and keys in it may lie
    /// behind a position in the same folder.
    private func isBehind(_ position: ListQuery.Position?, _ path: [UInt8]) -> Bool {
        let isFolder = path.last == UInt8(ascii: "/")
        return switch position {
        case nil: true
        case .key(let key): key.lexicographicallyPrecedes(path) || (isFolder && key.starts(with: path))
        case .group(let group):
            !path.starts(with: group)
                && (group.lexicographicallyPrecedes(path) || (isFolder && group.starts(with: path)))
        }
    }

    /// Whether the walk goes on after this file.
    private mutating func take(_ key: [UInt8], _ name: FileName, _ folder: Folder) -> Bool {
        guard key.starts(with: query.prefix), String(validating: key, as: UTF8.self) != nil,
            let identity = folder.identity(of: name)
        else { return true }
        guard listing.count < query.pageLength else {
            listing.next = last
            return false
        }
        if let group = group(of: key) {
            listing.groups.append(group)
            last = .group(group)
        } else {
            listing.items.append(.init(key: key, identity: identity, tag: records.tag(of: identity)))
            last = .key(key)
        }
        return true
    }

    /// The key up to the first delimiter behind the prefix, delimiter included.
    private func group(of key: [UInt8]) -> [UInt8]? {
        let delimiter = query.delimiter
        guard !delimiter.isEmpty, key.count >= query.prefix.count + delimiter.count else { return nil }
        for start in query.prefix.count...(key.count - delimiter.count)
        where key[start...].starts(with: delimiter) {
            return Array(key[..<(start + delimiter.count)])
        }
        return nil
    }
}
