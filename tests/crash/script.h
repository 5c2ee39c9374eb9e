// What writers do to a store, known beforehand: the n-th act of each follows from a seed and from what the writer did before.
// So whoever knows how many acts were acknowledged knows what the store must hold, and whoever looks at the store can tell how
// many it holds.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/store.h"

namespace chartline::crash {

struct Script {
  std::uint64_t seed = 1;
  std::uint32_t shards = 1;
  unsigned writers = 3;
  bool erases = true;

  // Before the writers comes the loader, who is writer number `writers`: one act loads terminology, the next one loads records
  // in bulk.
  unsigned loader() const { return writers; }
  static constexpr std::uint64_t loader_acts = 2;
};

struct Said {            // one record
  unsigned patient = 0;  // of the writer's own
  std::string record;    // "" for a row without an id
  std::int64_t value = 0;
  bool hidden = false;
  std::string original;
};

struct Act {
  enum class Kind : std::uint8_t { write, import, erase, set_value, link, unlink, audit, terminology, bulk_load };
  Kind kind = Kind::write;
  std::vector<Said> said;  // of write, import and bulk load
  unsigned patient = 0;    // of erase
};

// What a store holds of one writer.
struct Holding {
  std::map<std::string, std::string> records;  // "p1 r3" or, of a row, "p1 row 97": its value in words
  std::set<std::string> known;                 // "p1"
  std::string value;                           // set last
  bool linked = false;                         // the first two patients
  std::set<std::string> audited;               // acts that the audit log tells of
  bool terminology = false;
  friend bool operator==(const Holding&, const Holding&) = default;
};
std::string words(const Holding& holding);

class Writer {
 public:
  Writer(const Script& script, unsigned number) : script_(script), number_(number) {}

  std::uint64_t done() const { return done_; }
  const Holding& holding() const { return holding_; }
  bool finished() const;  // the loader has so many acts and no more
  Act next() const;       // what act done() + 1 is
  void advance();         // it was done
  void advance_to(std::uint64_t acts);

  // Does the next act to a store; that it is done is for the caller to say.
  Result<void> act(engine::Store& store) const;
  // Once more a write that was done: true where the store knew it. Only of acts whose last one was a write.
  bool last_was_write() const { return last_was_write_; }
  Result<bool> write_again(engine::Store& store) const;

  static constexpr unsigned patients = 4;
  std::string patient(unsigned which) const { return "w" + std::to_string(number_) + "p" + std::to_string(which); }
  std::string value_name() const { return "value of writer " + std::to_string(number_); }

 private:
  std::uint64_t mixed(std::uint64_t act) const;
  Act act_at(std::uint64_t act) const;  // from what is held now
  std::string text_of(std::uint64_t act) const;

  Script script_;
  unsigned number_;
  std::uint64_t done_ = 0;
  Holding holding_;
  bool last_was_write_ = false;
};

// What the store holds of this writer, read from its timelines, values, links and audit log.
Result<Holding> read_holding(engine::Store& store, const Script& script, unsigned writer,
                             const std::set<std::string>& audited);
// Which acts the audit log tells of as done.
Result<std::set<std::string>> read_audited(engine::Store& store);

}  // namespace chartline::crash
