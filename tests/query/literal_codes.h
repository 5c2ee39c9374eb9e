// Codes as a page needs them: those that a person's events carry, with prefixes, without hierarchies or lists.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/codeset.h"
#include "query/person.h"

namespace chartline::query {

class LiteralCodes final : public CodeSource {
 public:
  LiteralCodes() = default;
  explicit LiteralCodes(const Person& person) {
    for (const record::Event& event : person.events) {
      add(event.code);
      for (const record::Code& code : event.translations) add(code);
    }
  }

  Result<std::vector<CodeKey>> with_prefix(std::string_view system, std::string_view prefix) override {
    std::vector<CodeKey> found;
    for (const CodeKey& key : carried_) {
      if ((system.empty() || key.system == system) && key.code.starts_with(prefix)) found.push_back(key);
    }
    return found;
  }
  Result<std::vector<CodeKey>> descendants(std::string_view, std::string_view) override {
    return std::vector<CodeKey>();
  }
  Result<std::optional<std::vector<CodeKey>>> list(std::string_view) override {
    return std::optional<std::vector<CodeKey>>();
  }
  bool carried(const CodeKey&) override { return true; }
  std::string version() const override { return ""; }

 private:
  void add(const record::Code& code) {
    if (!code.empty()) carried_.push_back({std::string(code.system), std::string(code.code)});
  }
  std::vector<CodeKey> carried_;
};

}  // namespace chartline::query
