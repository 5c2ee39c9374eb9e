#include "engine/trust/policy.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "engine/trust/decision.h"
#include "engine/trust/rules.h"
#include "engine/trust/store_facts.h"

namespace chartline::engine {
namespace {

constexpr std::uintmax_t file_bytes_max = std::uintmax_t{1} << 30;

Result<std::string> read_file(const std::filesystem::path& path) {
  std::error_code failed;
  const std::uintmax_t bytes = std::filesystem::file_size(path, failed);
  if (failed) return not_found("there is no file " + path.string());
  if (bytes > file_bytes_max) return invalid_request(path.string() + ": larger than 1 GiB");
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return unavailable(path.string() + ": cannot be read");
  return text;
}

}  // namespace

struct Policy::Known {
  StoreFacts facts;
};

Policy::Policy(Rules rules)
    : rules_(std::make_shared<const Rules>(std::move(rules))), known_(std::make_shared<Known>()) {}

Result<Policy> Policy::load(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  Policy policy =
      TRY(parse(TRY(read_file(path)), path, [&](const std::string& name) { return read_file(folder / name); }));
  // A key that others can read is none.
  if (policy.rules_->hiding) TRY(ProjectKey::read_secret((folder / policy.rules_->hiding->key_file).string()));
  return policy;
}

Result<Policy> Policy::parse(std::string_view toml, std::string_view origin, const ReadFile& read) {
  return Policy(TRY(read_rules(toml, origin, read)));
}

Result<std::shared_ptr<const Grant>> Policy::decide(const Claims& claims, const AccessRequest& request, Store& store,
                                                    Micros now) const {
  return AccessDecision(*rules_, known_->facts, claims, request, store, now).decide();
}

const std::string& Policy::version() const { return rules_->version; }

}  // namespace chartline::engine
