// Codes as a store's events carry them.
#include <algorithm>
#include <set>

#include "query/codeset.h"

namespace chartline::query {
namespace {

class StoreCodes final : public CodeSource {
 public:
  explicit StoreCodes(const engine::View& view) {
    std::set<CodeKey> codes;
    for (std::uint32_t shard = 0; shard < view.shards(); ++shard) {
      for (engine::Name name = 1; name <= view.codes(shard); ++name) {
        const record::Code code = view.code_of(shard, name);
        codes.insert({std::string(code.system), std::string(code.code)});
      }
    }
    codes_.assign(codes.begin(), codes.end());
  }

  Result<std::vector<CodeKey>> with_prefix(std::string_view system, std::string_view prefix) override {
    std::vector<CodeKey> found;
    for (const CodeKey& key : codes_) {
      if ((system.empty() || key.system == system) && key.code.starts_with(prefix)) found.push_back(key);
    }
    return found;
  }
  Result<std::vector<CodeKey>> descendants(std::string_view system, std::string_view) override {
    return not_found("no terminology is loaded that knows the descendants of codes of `" + std::string(system) + "`");
  }
  Result<std::optional<std::vector<CodeKey>>> list(std::string_view) override {
    return std::optional<std::vector<CodeKey>>();
  }
  bool carried(const CodeKey& code) override { return std::ranges::binary_search(codes_, code); }
  std::string version() const override { return ""; }

 private:
  std::vector<CodeKey> codes_;  // sorted
};

}  // namespace

Result<std::unique_ptr<CodeSource>> store_codes(engine::Store&, const engine::View& view, std::string_view) {
  return std::unique_ptr<CodeSource>(std::make_unique<StoreCodes>(view));
}

}  // namespace chartline::query
