// Any text as a policy, with the files that it names: refused with file and line, or a policy by which decisions can be made that
// give nobody more than the role that they proved.
#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "base/check.h"
#include "engine/storage/memory.h"
#include "engine/store.h"
#include "engine/trust/policy.h"
#include "tests/fuzz/parts.h"

namespace {

using namespace chartline;
using namespace chartline::engine;

constexpr Micros noon = 1'700'000'000'000'000;

Store& store() {
  static const std::unique_ptr<Store> made = [] {
    auto backend = memory_backend(std::make_shared<MemoryDisk>());
    check(Store::init(*backend, {}).has_value(), "a store in memory");
    auto opened = Store::open(std::shared_ptr<Backend>(std::move(backend)), {.fold_in_background = false});
    check(opened.has_value(), "the store opens");
    return std::move(*opened);
  }();
  return *made;
}

void decide(const Policy& policy) {
  for (const Role role : {Role::clinician, Role::patient, Role::planner, Role::researcher, Role::operator_}) {
    const std::string word(name(role));
    const Claims proved{
        .user = "u", .roles = {word}, .organisation = "RYJ", .teams = {"t"}, .patient = "nhs|9434765919"};
    Claims stranger = proved;
    stranger.roles.clear();
    for (const char* purpose : {"direct_care", "patient_access", "planning", "research", "operation"}) {
      const AccessRequest request{.role = word, .purpose = purpose, .project = "p", .reason = {}, .patient = {}};
      check(!policy.decide(stranger, request, store(), noon), "a role that was not proved gives nothing");
      const auto grant = policy.decide(proved, request, store(), noon);
      if (grant) check((*grant)->role == role && (*grant)->until > noon, "a grant is for the role that was asked for");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto parts = fuzz::parts_of(std::string_view(reinterpret_cast<const char*>(data), size));
  const auto read = [&](const std::string& path) -> Result<std::string> {
    for (const fuzz::Part& part : parts)
      if (part.name == path) return std::string(part.bytes);
    return not_found(path + ": no such file");
  };
  for (const fuzz::Part& part : parts) {
    if (part.name != "policy.toml") continue;
    const auto policy = Policy::parse(part.bytes, "policy.toml", read);
    if (!policy) {
      check(!policy.error().message.empty(), "a refusal says why");
      return 0;
    }
    decide(*policy);
    (void)run_cases(*policy, nullptr, noon);
    return 0;
  }
  return 0;
}
