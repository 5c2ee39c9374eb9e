// Categories: kinds of information that consent is asked about ("mental_health"), named by a policy. An event is of a category
// where its kind is one of the category's kinds, or any code in it (its own, a translation, its value, an attribute) is one of
// the category's codes. An event may be of several.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/record/event.h"

namespace chartline::engine {

using CategoryMask = std::uint32_t;  // bit i: the category i

struct CodeOrder {
  using is_transparent = void;
  template <typename A, typename B>
  bool operator()(const A& a, const B& b) const {
    using Words = std::pair<std::string_view, std::string_view>;
    return Words(a.first, a.second) < Words(b.first, b.second);
  }
};

struct Category {
  std::string name;
  std::uint32_t kinds = 0;                                           // bit 1 << Kind
  std::set<std::pair<std::string, std::string>, CodeOrder> codes{};  // system and code
  std::vector<std::pair<std::string, std::string>> prefixes{};       // system, and how the code begins
};

class Categories {
 public:
  static constexpr std::size_t categories_max = 32;

  Categories() = default;
  explicit Categories(std::vector<Category> all);

  std::optional<CategoryMask> find(std::string_view name) const;
  const std::vector<Category>& all() const { return all_; }

  CategoryMask of_kind(record::Kind kind) const;
  CategoryMask of_code(const record::Code& code) const;
  CategoryMask of(const record::Event& event) const;
  CategoryMask with_codes() const { return with_codes_; }  // those that codes decide on

 private:
  std::vector<Category> all_;
  CategoryMask with_codes_ = 0;
};

// What is shown of one patient's events: those of a granted category, and of no withheld one.
struct CategoryRule {
  bool all_granted = true;
  CategoryMask granted = 0;  // unless all
  CategoryMask withheld = 0;

  bool shows_everything() const { return all_granted && withheld == 0; }
  CategoryMask asked() const { return (all_granted ? 0 : granted) | withheld; }
  bool shows(CategoryMask of_event) const { return (all_granted || (of_event & granted)) && !(of_event & withheld); }
  friend bool operator==(const CategoryRule&, const CategoryRule&) = default;
};

}  // namespace chartline::engine
