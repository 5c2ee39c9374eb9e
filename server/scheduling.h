// How the system is asked to schedule a thread.
#pragma once

namespace chartline::server {

// Of this thread, and of those that it starts: it gives way to others that want the processor.
void yield_to_others();

// This thread runs in short turns, and is therefore run at once when it wakes, though another is in the middle of a long one. Linux from
// 6.12 on; on older systems who wakes waits for the end of a turn, some milliseconds, and this does nothing.
void run_in_short_turns();

}  // namespace chartline::server
