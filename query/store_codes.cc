// The codes of a store, for expanding code sets.
#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/terminology_reader.h"
#include "query/code_lists.h"
#include "query/codeset.h"

namespace chartline::query {
namespace {

using engine::TerminologyReader;
using Keys = std::vector<CodeKey>;
using Borrowed = std::pair<std::string_view, std::string_view>;  // system and code, of a dictionary that the view holds

constexpr std::string_view omop = "omop";

Keys keys_of(std::vector<TerminologyReader::CodeName> names) {
  Keys keys;
  keys.reserve(names.size());
  for (auto& [system, code] : names) keys.push_back({std::move(system), std::move(code)});
  return keys;
}

void append(Keys& to, const Keys& more) { to.insert(to.end(), more.begin(), more.end()); }

class StoreCodes final : public CodeSource {
 public:
  StoreCodes(engine::Store& store, const engine::View& view, TerminologyReader terminology)
      : store_(store), view_(view), terminology_(std::move(terminology)) {}

  Result<Keys> with_prefix(std::string_view system, std::string_view prefix) override {
    const std::vector<Borrowed>& all = carried_codes();
    Keys keys;
    if (system.empty()) {
      for (const auto& [of, code] : all)
        if (code.starts_with(prefix)) keys.push_back({std::string(of), std::string(code)});
      return keys;
    }
    for (auto at = std::ranges::lower_bound(all, Borrowed(system, prefix));
         at != all.end() && at->first == system && at->second.starts_with(prefix); ++at)
      keys.push_back({std::string(at->first), std::string(at->second)});
    return keys;
  }

  // A concept id has the descendants of the code that it stands for: that is what events and hierarchies carry. Without a
  // hierarchy a code would seem to have nothing below it.
  Result<Keys> descendants(std::string_view system, std::string_view code) override {
    Keys roots = TRY(same_concept({std::string(system), std::string(code)}));
    // A concept that the vocabulary does not have, as one that was withdrawn, is nothing but itself.
    bool known = system == omop && roots.empty() && !terminology_.empty();
    roots.push_back({std::string(system), std::string(code)});
    Keys keys;
    for (const CodeKey& root : roots) {
      known = TRY(terminology_.has_hierarchy(root.system)) || known;
      append(keys, keys_of(TRY(terminology_.descendants(root.system, root.code))));
    }
    if (!known)
      return not_found("no terminology is loaded that knows the descendants of codes of `" + std::string(system) + "`");
    return keys;
  }

  Result<Keys> same_concept(const CodeKey& code) override {
    if (code.system != omop) return Keys();
    return keys_of(TRY(terminology_.codes_of_concept(code.code)));
  }

  Result<Keys> mapping_to(const CodeKey& code) override {
    return keys_of(TRY(terminology_.mapping_to(code.system, code.code)));
  }

  Result<std::optional<Keys>> list(std::string_view name) override {
    const CodeLists lists(store_);
    const std::optional<CodeList> found = TRY(lists.find(name));
    const ListVersion* const version = found ? found->at(view_.as_of()) : nullptr;
    if (version == nullptr) return std::optional<Keys>();
    Keys named, excluded;
    for (ListEntry& entry : TRY(lists.entries(name, version->number)))
      append(entry.excluded ? excluded : named, TRY(codes_of(std::move(entry))));
    std::ranges::sort(named);
    std::ranges::sort(excluded);
    Keys rest;
    std::ranges::set_difference(named, excluded, std::back_inserter(rest));
    return std::optional(std::move(rest));
  }

  bool carried(const CodeKey& code) override {
    for (std::uint32_t shard = 0; shard < view_.shards(); ++shard)
      if (view_.find_code(shard, {code.system, code.code, {}})) return true;
    return false;
  }

  std::string version() const override { return terminology_.pin(); }

 private:
  Result<Keys> codes_of(ListEntry entry) {
    Keys keys;
    if (entry.reach == Reach::prefix) return with_prefix(entry.code.system, entry.code.code);
    if (entry.reach != Reach::one) keys = TRY(descendants(entry.code.system, entry.code.code));
    if (entry.reach != Reach::descendants) {
      append(keys, TRY(same_concept(entry.code)));
      keys.push_back(std::move(entry.code));
    }
    return keys;
  }

  // Every code of every shard, sorted, each once; made when a prefix first asks.
  const std::vector<Borrowed>& carried_codes() {
    if (is_indexed_) return carried_;
    for (std::uint32_t shard = 0; shard < view_.shards(); ++shard) {
      for (engine::Name name = 1; name <= view_.codes(shard); ++name) {
        const record::Code code = view_.code_of(shard, name);
        carried_.emplace_back(code.system, code.code);
      }
    }
    std::ranges::sort(carried_);
    carried_.erase(std::unique(carried_.begin(), carried_.end()), carried_.end());
    is_indexed_ = true;
    return carried_;
  }

  engine::Store& store_;
  const engine::View view_;
  const TerminologyReader terminology_;
  std::vector<Borrowed> carried_;
  bool is_indexed_ = false;
};

}  // namespace

Result<std::unique_ptr<CodeSource>> store_codes(engine::Store& store, const engine::View& view, std::string_view version) {
  TerminologyReader terminology = TRY(TerminologyReader::open(store, version, view.as_of()));
  return std::unique_ptr<CodeSource>(std::make_unique<StoreCodes>(store, view, std::move(terminology)));
}

}  // namespace chartline::query
