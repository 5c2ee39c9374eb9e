// Policy: who may see what, decided from a versioned TOML file (docs/security.md is its reference). It denies by default: a
// role that authentication proved, and a relationship with the patient, and a purpose, all three granted by the file.
//
//   const Policy policy = TRY(Policy::load("policy.toml"));
//   const auto grant = TRY(policy.decide(claims, {.role = "clinician", .purpose = "direct_care"}, store, clock.now()));
//   const View view = store.view().narrowed(grant);     // from here on there is nothing else to check
//
// Immutable; to load a changed file, or a newer set of opt-outs, make another. What was granted before stays until its time
// is up: whoever holds sessions ends them then, or decides anew.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "engine/trust/claims.h"
#include "engine/trust/grant.h"

namespace chartline::engine {

class Store;
struct Rules;

class Policy {
 public:
  // Reads a file that the policy names, by its path as written there.
  using ReadFile = std::function<Result<std::string>(const std::string& path)>;

  // The files named in it are looked for beside it. invalid_request with file and line for anything that is not as it must be.
  static Result<Policy> load(const std::string& path);
  static Result<Policy> parse(std::string_view toml, std::string_view origin, const ReadFile& read);

  // `denied`, in words that say what is missing and nothing of any patient. Whether a patient is there cannot be told from it.
  Result<std::shared_ptr<const Grant>> decide(const Claims& claims, const AccessRequest& request, Store& store,
                                              Micros now) const;

  const std::string& version() const;  // name and hash, as grants have it
  const Rules& rules() const { return *rules_; }

 private:
  struct Known;  // what decisions found out about a store and the next one need not
  explicit Policy(Rules rules);

  std::shared_ptr<const Rules> rules_;
  std::shared_ptr<Known> known_;
};

// One of the policy's own tests, as it came out.
struct PolicyOutcome {
  std::string name, expected, came;
  bool passed = false;
};
// Without a store they are run on one in memory that holds the [[test_event]]s and whoever the files and tests name.
Result<std::vector<PolicyOutcome>> run_cases(const Policy& policy, Store* store, Micros now);

}  // namespace chartline::engine
