// OptOuts: who does not want their record used beyond their own care, as a dated set of keyed hashes. It is kept in a file
// beside the store and is never an attribute of a patient. A set that is too old says nothing any more.
//
//   as_of,2026-11-20
//   3f1c...                        64 hexadecimal digits: HMAC-SHA-256 of the identifier's value, under the key of the set
//
// Nobody's value is in the file, so hashes are all there is to compare.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/result.h"
#include "formats/record/time.h"

namespace chartline::engine {

class OptOuts {
 public:
  // `origin` stands before the line in messages. The key is any text of 16 bytes and more.
  static Result<OptOuts> parse(std::string_view text, std::string_view origin, std::string system, std::string key,
                               record::Day days_valid);
  static std::string hash(std::string_view value, std::string_view key);  // as the file writes it

  const std::string& system() const { return system_; }  // of the identifiers that are hashed
  bool contains(std::string_view value) const { return hashes_.contains(hash(value, key_)); }
  record::Day as_of() const { return as_of_; }
  record::Day last_valid() const { return as_of_ + days_valid_; }
  record::Day days_valid() const { return days_valid_; }
  std::size_t size() const { return hashes_.size(); }

 private:
  std::string system_, key_;
  record::Day as_of_ = 0, days_valid_ = 0;
  std::unordered_set<std::string> hashes_;
};

}  // namespace chartline::engine
