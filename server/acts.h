// Acts: how a session's calls are done. Each counts among those under way, is refused where there are too many, and where it fails
// its failure is entered into the audit before it is told.
#pragma once

#include <concepts>
#include <string>
#include <utility>

#include "server/holder.h"

namespace chartline::server {

// `asked` gives what was asked, where the audit is to say it. It reads the call's message, which may be malformed: that too is a
// failure of the act.
template <std::invocable Asked, typename Call>
kj::Promise<void> as_act(const HolderPtr& holder, engine::Act act, Asked&& asked, Call&& call) {
  auto under_way = holder->begin_call();
  if (!under_way) return to_exception(under_way.error());
  std::string text;
  auto done = kj::evalNow([&] {
    text = asked();
    return call();
  });
  return done
      .catch_([holder, act, text = std::move(text)](kj::Exception&& why) mutable {
        return holder->fail(act, std::move(text), kj::mv(why));
      })
      .attach(std::move(under_way).value());
}
template <typename Call>
kj::Promise<void> as_act(const HolderPtr& holder, engine::Act act, Call&& call) {
  return as_act(
      holder, act, [] { return std::string(); }, std::forward<Call>(call));
}

// What is always asked in the same words.
inline auto says(const char* words) {
  return [words] { return std::string(words); };
}

// A read that names no patient: entered as what was asked.
template <typename Asked, typename Call>
kj::Promise<void> as_read(const HolderPtr& holder, Asked&& asked, Call&& call) {
  return as_act(holder, engine::Act::query, asked, [&] {
    engine::AuditEntry entry = holder->entry(engine::Act::query);
    entry.text = asked();
    return call().then([holder, entry = std::move(entry)]() mutable { return holder->enter(std::move(entry)); });
  });
}

}  // namespace chartline::server
