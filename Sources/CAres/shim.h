// The C library's types stay those of its own module: without this, the copies that ares.h drags in would count as this
// module's, and everyone who uses sockaddr_in would have to import it.
#pragma clang module import SwiftGlibc
#include <ares.h>
