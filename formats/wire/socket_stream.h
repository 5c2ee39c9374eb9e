// Sockets for a KJ event loop, with fewer calls of the system than the library's own take: after a read that was not filled it is
// news that is waited for, where the library asks once more whether there is more; and what comes behind a message head is read
// with it. So a short message takes one call instead of three.
#pragma once

#include <kj/async-io.h>
#include <kj/async-unix.h>

namespace chartline::wire {

// The same connection as `stream`, or `stream` itself where it is no socket. The loop of `port` is the current thread's. So many
// bytes are read ahead of what is asked for, at most.
kj::Own<kj::AsyncIoStream> over_socket(kj::Own<kj::AsyncIoStream> stream, kj::UnixEventPort& port,
                                       std::size_t read_ahead = 0);

}  // namespace chartline::wire
