// Acts: how a session's calls are done. Each counts among those under way, is refused where there are too many, and where it fails
// its failure is entered into the audit before it is told.
#pragma once

#include <string>
#include <utility>

#include "server/holder.h"

namespace chartline::server {

// `text` is what was asked, where the audit is to say it.
template <typename Call>
kj::Promise<void> as_act(const HolderPtr& holder, engine::Act act, std::string text, Call&& call) {
  auto under_way = holder->begin_call();
  if (!under_way) return to_exception(under_way.error());
  return kj::evalNow(std::forward<Call>(call))
      .catch_([holder, act, text = std::move(text)](kj::Exception&& why) mutable {
        return holder->fail(act, std::move(text), kj::mv(why));
      })
      .attach(std::move(under_way).value());
}
template <typename Call>
kj::Promise<void> as_act(const HolderPtr& holder, engine::Act act, Call&& call) {
  return as_act(holder, act, {}, std::forward<Call>(call));
}

// A read that names no patient: entered as what was asked.
template <typename Call>
kj::Promise<void> as_read(const HolderPtr& holder, std::string text, Call&& call) {
  return as_act(holder, engine::Act::query, text, [&] {
    return call().then([holder, text]() mutable {
      engine::AuditEntry entry = holder->entry(engine::Act::query);
      entry.text = std::move(text);
      return holder->enter(std::move(entry));
    });
  });
}

}  // namespace chartline::server
