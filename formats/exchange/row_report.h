// RowReport: tells the quality report what is wrong with the row at hand, with its place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "formats/exchange/csv.h"
#include "formats/exchange/reader.h"

namespace chartline::exchange {

class RowReport {
 public:
  RowReport(Quality& quality, std::string file) : quality_(&quality), file_(std::move(file)) {}

  Quality& quality() const { return *quality_; }
  void at(std::uint64_t line) { line_ = line; }

  Result<void> rejected(std::string_view field, std::string_view rule, std::string_view reason) const {
    return problem(Problem::Outcome::rejected, field, rule, reason);
  }
  Result<void> repaired(std::string_view field, std::string_view rule, std::string_view reason) const {
    return problem(Problem::Outcome::repaired, field, rule, reason);
  }

 private:
  Result<void> problem(Problem::Outcome outcome, std::string_view field, std::string_view rule,
                       std::string_view reason) const {
    return quality_->problem({outcome, {file_, line_, std::string(field)}, std::string(rule), std::string(reason)});
  }

  Quality* quality_;
  std::string file_;
  std::uint64_t line_ = 0;
};

}  // namespace chartline::exchange
