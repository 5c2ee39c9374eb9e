// What a store has promised, and whether it keeps it. Words are lines of text, so that they cross from a process that is about
// to be killed, and stand in the record of what was done to a disk:
//
//   begin W        writer W begins its next act       done W       and it was acknowledged
//   head HEAD      the audit log had this head        backup NAME  a backup was acknowledged
//   found W N      the store was opened, and held N acts of writer W
//   does WHAT      upkeep, for the figures
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/audit/audit.h"
#include "tests/crash/script.h"

namespace chartline::crash {

class Promises {
 public:
  explicit Promises(const Script& script);
  void hear(std::string_view line);

  const Script& script() const { return script_; }
  std::uint64_t acknowledged() const;  // acts, of all writers
  std::uint64_t acknowledged_by(unsigned writer) const { return done_[writer]; }
  bool may_have_begun(unsigned writer) const { return begun_[writer]; }
  const std::vector<engine::AuditHead>& heads() const { return heads_; }
  const std::set<std::string>& backups() const { return backups_; }
  bool loaded() const { return done_[script_.loader()] == Script::loader_acts; }

 private:
  Script script_;
  std::vector<std::uint64_t> done_;
  std::vector<bool> begun_;
  std::vector<engine::AuditHead> heads_;
  std::set<std::string> backups_;
};

struct Looked {
  std::vector<std::uint64_t> acts;      // of each writer, found in the store
  std::vector<std::string> complaints;  // what is not as promised
  std::vector<std::string> errors;      // what could not be read. Neither: all was kept
  std::string first() const { return !complaints.empty() ? complaints.front() : errors.empty() ? "" : errors.front(); }
};
enum class Deep : std::uint8_t { no, yes };
// Every acknowledged act is there, an act under way whole or not at all, and nothing else; with `deep` the store is sound
// through and through: indexes, log, audit chain, and its backups are there.
Looked look(engine::Store& store, const Promises& promises, Deep deep, const std::string& backups);

}  // namespace chartline::crash
