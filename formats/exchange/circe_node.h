// CirceNode: a place in a cohort definition, which knows its path: every refusal names the element that it is about.
// What includes this header links simdjson::simdjson.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace chartline::exchange {

class CirceNode {
 public:
  CirceNode() = default;
  explicit CirceNode(simdjson::dom::element element, std::string path = "");

  explicit operator bool() const { return present_; }  // null is absent
  const std::string& path() const { return path_; }
  bool is_list() const { return present_ && element_.is_array(); }
  bool is_empty() const;  // absent, [], {}, false

  CirceNode operator[](std::string_view key) const;
  std::vector<CirceNode> items() const;                                    // of a list; of what is none, nothing
  std::vector<std::string> keys() const;                                   // of an object, those that are not null
  Result<void> only(std::span<const std::string> known) const;             // refuses what is neither known nor empty
  Result<void> only(std::initializer_list<std::string_view> known) const;  // likewise

  // Absent is nullopt, or the default; of another form, a refusal.
  Result<std::optional<std::int64_t>> whole() const;
  Result<std::string> text() const;
  Result<std::string> word() const;  // in capitals: circe takes "first" for "FIRST"
  Result<bool> flag() const;
  Result<std::string> number() const;  // as the query language writes it

  Error refusal(std::string_view why) const;

 private:
  Result<void> refuse_but(const std::function<bool(const std::string&)>& is_known) const;

  simdjson::dom::element element_{};
  std::string path_;
  bool present_ = false;
};

}  // namespace chartline::exchange
