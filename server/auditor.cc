// One group is written at a time. What comes meanwhile is the next one.
#include "server/auditor.h"

#include <memory>
#include <utility>

namespace chartline::server {

std::optional<AuditMode> parse_audit_mode(std::string_view word) {
  if (word == "off") return AuditMode::off;
  if (word == "deferred") return AuditMode::deferred;
  if (word == "on") return AuditMode::on;
  return std::nullopt;
}

kj::Promise<void> Auditor::enter(engine::AuditEntry entry) {
  if (mode_ == AuditMode::off) return kj::READY_NOW;
  if (mode_ == AuditMode::deferred) {
    const std::vector<engine::AuditEntry> one{std::move(entry)};
    const auto kept = store_.audit(one, engine::AuditWait::later);
    if (!kept) return to_exception(kept.error());
    return kj::READY_NOW;
  }
  auto written = kj::newPromiseAndFulfiller<void>();
  next_.entries.push_back(std::move(entry));
  next_.waiting.push_back(kj::mv(written.fulfiller));
  if (!writing_) {
    writing_ = true;
    // Those of this turn of the loop go together.
    tasks_.add(kj::evalLast([this] { begin(); }));
  }
  return kj::mv(written.promise);
}

void Auditor::begin() {
  auto group = kj::heap<Group>(std::exchange(next_, Group{}));
  auto entries = std::make_shared<std::vector<engine::AuditEntry>>(std::move(group->entries));
  auto wrote = workers_.run(Lane::write, [&store = store_, entries]() -> Result<void> {
    TRY(store.audit(*entries, engine::AuditWait::durable));
    return {};
  });
  const auto go_on = [this] {
    writing_ = !next_.entries.empty();
    if (writing_) begin();
  };
  auto& waiting = group->waiting;
  tasks_.add(wrote
                 .then(
                     [&waiting, go_on] {
                       for (auto& one : waiting) one->fulfill();
                       go_on();
                     },
                     [&waiting, go_on](kj::Exception&& why) {
                       for (auto& one : waiting) one->reject(kj::cp(why));
                       go_on();
                     })
                 .attach(kj::mv(group)));
}

}  // namespace chartline::server
