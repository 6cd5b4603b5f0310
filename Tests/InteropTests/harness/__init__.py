"""What the interop tests run against: real origins, the binary, a relay between them, clients on raw sockets."""
