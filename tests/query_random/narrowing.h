// A random grant over a random history, and the history that holds only what it permits: every other event was never told,
// and a fold stands in its place so that all moments stay the same.
#pragma once

#include <memory>
#include <string>

#include "engine/trust/grant.h"
#include "tests/query_random/script.h"

namespace chartline::query::random {

struct Narrowing {
  enum class What : std::uint8_t { few, most, sources, categories, some_in_part };
  static constexpr int whats = 5;

  Narrowing(std::uint64_t seed, What what, Script history);

  Script told;       // the whole history: as given, without what a shorter one could not follow
  Script permitted;  // what the grant shows of it
  // Of the store to which `told` was told.
  std::shared_ptr<const engine::Grant> grant(engine::Store& store) const;
  bool sees(const std::string& person) const;
  std::string print() const;

 private:
  bool shows(const std::string& person, const record::Event& event) const;
  engine::CategoryRule rule_of(const std::string& person) const;
  bool sifts() const { return what_ != What::few && what_ != What::most; }
  void choose();
  void leave_out_corrections();
  void permit();

  std::uint64_t seed_;
  What what_;
  Chance chance_;
  std::map<std::string, bool> seen_{};
  std::map<std::string, engine::CategoryRule> rules_{};
  engine::CategoryRule of_everyone_{};
  std::vector<engine::SourceScope> sources_{};
  std::shared_ptr<const engine::Categories> categories_{};
};

std::shared_ptr<const engine::Grant> grant_of_everyone(engine::Store& store);

}  // namespace chartline::query::random
