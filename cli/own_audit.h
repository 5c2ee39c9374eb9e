// What the program itself leaves in the audit log of the store that it works on: who runs it, as an operator.
//
//   audit = off       nothing
//   audit = writes    what changes the store, in the batch of the change (the default: it costs no sync more)
//   audit = deferred  reads of identified rows too; written within a tenth of a second, or as the store is closed
//   audit = on        likewise, and nothing is shown before its entry is on stable storage
//
// Who audits reads opens the store for writing, so that nobody else may hold it open: beside a server, ask the server.
#pragma once

#include <memory>
#include <string>

#include "cli/open_store.h"
#include "cli/options.h"
#include "engine/store.h"
#include "query/result.h"
#include "query/told.h"

namespace chartline::cli {

class OwnAudit {
 public:
  explicit OwnAudit(const Invocation& invocation);

  // How a command that reads identified rows opens the store.
  Access access() const { return reads() ? Access::write : Access::read; }
  // The entry of a change; nothing where it is off.
  std::optional<engine::AuditEntry> of_change(engine::Act act, std::string text = {}) const;
  // The entry of a change that the store is told of after it was made.
  Result<void> changed(engine::Store& store, engine::Act act, std::string text) const;
  // Before what was read is shown.
  Result<void> read(engine::Store& store, engine::AuditEntry entry) const;
  bool reads() const { return how_ == How::deferred || how_ == How::on; }

  // Passes a query's results on to `sink`; before the first row of each statement its entry stands, after the last another.
  std::unique_ptr<query::ResultSink> watching(engine::Store& store, query::Told told, query::ResultSink& sink) const;

 private:
  enum class How : std::uint8_t { off, writes, deferred, on };
  How how_ = How::writes;
};

// The name of who runs the program, as the operating system knows them.
std::string own_name();
// The entry of an act of theirs.
engine::AuditEntry own_act(engine::Act act, std::string text = {});
// The options as given on the command line: "--from 2020 --kind medication".
std::string flags_given(const Invocation& invocation);

inline const engine::AuditEntry* pointer(const std::optional<engine::AuditEntry>& entry) {
  return entry ? &*entry : nullptr;
}

}  // namespace chartline::cli
