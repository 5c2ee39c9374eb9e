#include "query/codeset.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

#include "base/check.h"

namespace chartline::query {
namespace {

using typed::Node;
using typed::Op;
using Keys = std::vector<CodeKey>;

bool comes_before(const CodeKey& key, std::string_view system, std::string_view code) {
  return std::tuple<std::string_view, std::string_view>(key.system, key.code) < std::tuple(system, code);
}

// What a part of the tree stands for. Without `any`, sorted and each once.
struct Codes {
  bool any = false;
  Keys keys{};
};

Codes only(Keys keys) {
  std::ranges::sort(keys);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return {false, std::move(keys)};
}

class Expansion {
 public:
  Expansion(const CodesByName& definitions, CodeSource& source) : definitions_(definitions), source_(source) {}

  Result<Codes> of(const Node& node) {
    switch (node.op) {
      case Op::code: return of_word(std::get<CodeWord>(node.data));
      case Op::list: return of_list(std::get<std::string>(node.data));
      case Op::any_code: return Codes{.any = true};
      case Op::union_codes: return of_union(node);
      case Op::both_codes: return of_both(node);
      case Op::without_codes: return of_without(node);
      case Op::mapped_codes: return of_mapped(node);
      case Op::codes_of:
      case Op::let_of:
      case Op::param_of: return of_name(std::get<typed::Named>(node.data).name);
      case Op::codes:
      case Op::let:
      case Op::param: return of(*node.parts.front());
      default:
        return invalid_request(
            "what stands where codes are wanted is known only when the query runs: name the codes themselves");
    }
  }

 private:
  Result<Codes> of_word(const CodeWord& word) {
    switch (word.reach) {
      case Reach::one: return only(TRY(with_itself(word, {})));
      case Reach::prefix: return only(TRY(source_.with_prefix(word.system, word.code)));
      case Reach::descendants: return only(TRY(source_.descendants(word.system, word.code)));
      case Reach::self_and_descendants:
        return only(TRY(with_itself(word, TRY(source_.descendants(word.system, word.code)))));
    }
    return Codes{};
  }

  Result<Keys> with_itself(const CodeWord& word, Keys keys) {
    CodeKey own{word.system, word.code};
    const Keys same = TRY(source_.same_concept(own));
    keys.insert(keys.end(), same.begin(), same.end());
    keys.push_back(std::move(own));
    return keys;
  }

  // C and every code that maps to one of it. Whoever wants what maps to those too says `mapped` twice.
  Result<Codes> of_mapped(const Node& node) {
    Codes codes = TRY(of(*node.parts.front()));
    if (codes.any) return codes;
    Keys all = codes.keys;
    for (const CodeKey& key : codes.keys) {
      const Keys local = TRY(source_.mapping_to(key));
      all.insert(all.end(), local.begin(), local.end());
    }
    return only(std::move(all));
  }

  Result<Codes> of_list(const std::string& name) {
    std::optional<Keys> keys = TRY(source_.list(name));
    if (!keys) return not_found("there is no code list " + print_list(name));
    return only(std::move(*keys));
  }

  Result<Codes> of_union(const Node& node) {
    Keys all;
    for (const typed::Ptr& part : node.parts) {
      Codes codes = TRY(of(*part));
      if (codes.any) return codes;
      all.insert(all.end(), std::make_move_iterator(codes.keys.begin()), std::make_move_iterator(codes.keys.end()));
    }
    return only(std::move(all));
  }

  Result<Codes> of_both(const Node& node) {
    Codes left = TRY(of(*node.parts[0])), right = TRY(of(*node.parts[1]));
    if (left.any) return right;
    if (right.any) return left;
    Codes both;
    std::ranges::set_intersection(left.keys, right.keys, std::back_inserter(both.keys));
    return both;
  }

  Result<Codes> of_without(const Node& node) {
    Codes left = TRY(of(*node.parts[0]));
    const Codes right = TRY(of(*node.parts[1]));
    if (right.any) return Codes{};
    if (left.any) left = only(TRY(source_.with_prefix("", "")));
    Codes rest;
    std::ranges::set_difference(left.keys, right.keys, std::back_inserter(rest.keys));
    return rest;
  }

  // Each name once, however often it is used: definitions of definitions would double the work at each step.
  Result<Codes> of_name(const std::string& name) {
    if (const auto known = named_.find(name); known != named_.end()) return known->second;
    const auto found = std::ranges::find(definitions_, name, &CodesByName::value_type::first);
    if (found == definitions_.end()) return invalid_request("no codes are defined as `" + name + "`");
    Codes codes = TRY(of(*found->second));
    named_.emplace(name, codes);
    return codes;
  }

  const CodesByName& definitions_;
  CodeSource& source_;
  std::map<std::string, Codes, std::less<>> named_;
};

}  // namespace

bool CodeSet::contains(std::string_view system, std::string_view code) const {
  if (any) return true;
  const auto at = std::partition_point(codes.begin(), codes.end(),
                                       [&](const CodeKey& key) { return comes_before(key, system, code); });
  return at != codes.end() && at->code == code && at->system == system;
}

bool CodeSet::matches(const record::Event& event) const {
  if (any) return true;
  if (!event.code.empty() && contains(event.code)) return true;
  return std::ranges::any_of(event.translations, [&](const record::Code& code) { return contains(code); });
}

std::vector<engine::Name> CodeSet::names(const engine::View& view, std::uint32_t shard) const {
  check(!any, "`*` matches events without a code too: it has no list of names");
  std::vector<engine::Name> names;
  if (!attribute.empty()) {
    if (const auto name = view.find_attribute(shard, attribute)) names.push_back(stored::postings_of_attribute(*name));
    return names;
  }
  for (const CodeKey& key : codes)
    if (const auto name = view.find_code(shard, {key.system, key.code, {}})) names.push_back(*name);
  std::ranges::sort(names);
  return names;
}

Result<CodeSet> expand(const typed::Node& codes, const CodesByName& definitions, CodeSource& source) {
  Codes expanded = TRY(Expansion(definitions, source).of(codes));
  CodeSet set;
  set.any = expanded.any;
  set.codes = std::move(expanded.keys);
  set.listed = set.codes.size();
  for (const CodeKey& key : set.codes)
    if (!source.carried(key)) ++set.unseen;
  return set;
}

}  // namespace chartline::query
