// Limits: what one client can take of a server. None is infinite. A program that embeds the server can set every one; `serve`
// has no option for query_threads, page_events, login_seconds, cursor_seconds, cursors and cursors_of_user, and takes
// ingest_bytes from message_bytes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace chartline::server {

struct Limits {
  std::size_t connections = 4096;
  std::size_t calls = 256;                    // of one connection, unanswered; further ones end `busy`
  std::size_t objects = 1024;                 // that one connection holds on to: timelines, runs, ingests, feeds, ...
  std::size_t message_bytes = 64u << 20;      // of one message, in or out
  std::size_t ingest_bytes = 64u << 20;       // held by one Ingest until it commits
  std::uint32_t page_events = 10'000;         // of one page of a timeline
  std::uint32_t query_seconds = 300;          // a query may ask for less
  std::size_t query_memory_bytes = 1u << 30;  // of one query's results
  unsigned query_threads = 0;                 // of one query; 0: one for each core
  std::uint32_t session_seconds = 8 * 3600;   // a token that ends earlier ends the session
  std::uint32_t idle_seconds = 600;           // of a connection on which nothing moves
  std::uint32_t login_seconds = 10;           // until a connection must have logged in
  std::uint32_t cursor_seconds = 60;          // since a cursor was given
  std::size_t cursors = 1024;                 // of all users; beyond it the oldest expire
  std::size_t cursors_of_user = 256;          // of one user, likewise
};

}  // namespace chartline::server
