// Share: what single people bring to one figure, as far as disclosure control needs it.
#pragma once

#include <array>
#include <cstdint>

namespace chartline::query {

// Figures of so many people and fewer are not told.
inline constexpr std::int64_t few_people = 7;

// What single people bring to one figure. Of those who bring most no more is known than that.
class Share {
 public:
  void add(std::int64_t of_one_person);
  void merge(const Share& others);

  std::int64_t people() const { return people_; }  // who bring anything
  std::int64_t eighth() const { return largest_.back(); }
  std::int64_t cut_sum() const;  // with nobody bringing more than the eighth
  friend bool operator==(const Share&, const Share&) = default;

 private:
  std::int64_t people_ = 0, sum_ = 0;
  std::array<std::int64_t, few_people + 1> largest_{};  // descending
};

}  // namespace chartline::query
