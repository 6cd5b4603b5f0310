// The C library's types stay those of its own module: without this, the copies that ares.h drags in would count as this
// module's, and everyone who uses sockaddr_in would have to import it.
#pragma clang module import SwiftGlibc
#include <ares.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

/// Names the calling thread, 15 bytes at most; Swift cannot call a variadic function.
static inline void name_this_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
