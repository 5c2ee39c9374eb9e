#include "engine/trust/categories.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace chartline::engine {

Categories::Categories(std::vector<Category> all) : all_(std::move(all)) {
  check(all_.size() <= categories_max, "so many categories have bits");
  for (std::size_t i = 0; i < all_.size(); ++i) {
    if (!all_[i].codes.empty() || !all_[i].prefixes.empty()) with_codes_ |= CategoryMask{1} << i;
  }
}

std::optional<CategoryMask> Categories::find(std::string_view name) const {
  for (std::size_t i = 0; i < all_.size(); ++i) {
    if (all_[i].name == name) return CategoryMask{1} << i;
  }
  return std::nullopt;
}

CategoryMask Categories::of_kind(record::Kind kind) const {
  CategoryMask mask = 0;
  for (std::size_t i = 0; i < all_.size(); ++i) {
    if (all_[i].kinds >> static_cast<unsigned>(kind) & 1) mask |= CategoryMask{1} << i;
  }
  return mask;
}

CategoryMask Categories::of_code(const record::Code& code) const {
  CategoryMask mask = 0;
  if (code.empty()) return mask;
  const auto begins = [&](const auto& prefix) {
    return prefix.first == code.system && code.code.starts_with(prefix.second);
  };
  for (std::size_t i = 0; i < all_.size(); ++i) {
    const Category& one = all_[i];
    const bool named = one.codes.contains(std::pair(code.system, code.code));
    if (named || std::ranges::any_of(one.prefixes, begins)) mask |= CategoryMask{1} << i;
  }
  return mask;
}

CategoryMask Categories::of(const record::Event& event) const {
  CategoryMask mask = of_kind(event.kind) | of_code(event.code) | of_code(event.value.code);
  for (const record::Code& code : event.translations) mask |= of_code(code);
  for (const record::Attribute& attribute : event.attributes) mask |= of_code(attribute.value.code);
  return mask;
}

}  // namespace chartline::engine
