// Disclosure control: how figures are kept from telling few people apart. Each figure of a reply is one cell:
//
//   1. suppress  of 7 people and fewer, of nobody too: that nobody is there is as telling as that somebody is
//   2. blur      add noise drawn from the two-sided geometric distribution; the draw is a keyed hash of the question and the
//                cell, so that the same cell always has the same noise, and no two questions have it in common
//   3. suppress  again what is now 7 or less, so that the edge between few and enough is not sharp
//   4. round     to the nearest 5 (nhs-hes, opensafely) or to the middle of its six (midpoint6)
//
// What brings more than one to a figure (events, days) is cut first: those 7 people who bring most count as the eighth does,
// and the noise is as many times larger as that is. docs/security.md says what this promises, and what it does not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "engine/trust/project_key.h"
#include "engine/trust/words.h"
#include "query/cell.h"
#include "query/program.h"
#include "query/share.h"

namespace chartline::query {

// What a question is, whatever it is called: the statement and all that it names, spelled one way, and what it is understood by
// (how months are reckoned, with which terminology). Two that may count others are never one: they would have their noise in common.
std::string identity_of(const typed::Node& statement, const Program& program, Micros as_of);

class DisclosureControl {
 public:
  // `question`: identity_of() a statement. `cells`: how many cells of its answer one person may be in; more of them are
  // blurred more, so that their mean tells no more than one. Borrows the key.
  DisclosureControl(engine::Disclosure mode, const engine::ProjectKey& key, std::string question, std::int64_t cells);

  // nullopt: suppressed. `figure` names the column, so that two figures of one group are two cells.
  std::optional<std::int64_t> people(std::int64_t people, const Key& group, std::string_view figure) const;
  std::optional<std::int64_t> amount(const Share& share, const Key& group, std::string_view figure) const;

 private:
  std::int64_t noise(double scale, const Key& group, std::string_view figure) const;
  std::optional<std::int64_t> rounded(std::int64_t blurred) const;

  engine::Disclosure mode_;
  const engine::ProjectKey& key_;
  std::string question_;
  double scale_;  // of the noise of one cell
};

}  // namespace chartline::query
