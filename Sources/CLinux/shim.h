// What Linux has and the C library's module for Swift has not.
// The C library's types stay those of its own module; otherwise their copies would count as this module's.
#pragma clang module import SwiftGlibc
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/// Names the calling thread, 15 bytes at most; Swift cannot call a variadic function.
static inline void name_this_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

/// Bytes in a socket's send queue that its peer has not acknowledged; -1 with errno on failure.
static inline int unacknowledged_bytes(int descriptor) {
    int count = 0;
    return ioctl(descriptor, TIOCOUTQ, &count) == 0 ? count : -1;
}

/// Accepts a connection as a non-blocking socket that no child process gets: accept4, which headers hide from Swift.
static inline int accept_nonblocking(int listener, struct sockaddr *peer, socklen_t *size) {
    return (int)syscall(SYS_accept4, listener, peer, size, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

// The C library's own calls are points where a thread may be cancelled, which costs two atomic operations each.

/// recv without flags.
static inline ssize_t receive_now(int descriptor, void *bytes, size_t count) {
    return syscall(SYS_recvfrom, descriptor, bytes, count, 0, 0, 0);
}

/// send that raises no signal.
static inline ssize_t send_now(int descriptor, const void *bytes, size_t count) {
    return syscall(SYS_sendto, descriptor, bytes, count, MSG_NOSIGNAL, 0, 0);
}

/// pread of what is in memory already (preadv2 with RWF_NOWAIT): EAGAIN where a disk would be waited for, EOPNOTSUPP
/// where the file system cannot tell.
static inline ssize_t read_if_cached(int descriptor, void *bytes, size_t count, off_t offset) {
    struct iovec place = {bytes, count};
    return syscall(SYS_preadv2, descriptor, &place, 1, (long)offset, 0L, 8 /* RWF_NOWAIT */);
}

/// How many pages of a file's range are in memory (cachestat, Linux 6.5); -1 with errno on failure.
static inline long cached_pages(int descriptor, unsigned long long offset, unsigned long long length) {
    unsigned long long range[2] = {offset, length};
    unsigned long long counts[5] = {0};
    return syscall(451 /* SYS_cachestat */, descriptor, range, counts, 0) == 0 ? (long)counts[0] : -1;
}
