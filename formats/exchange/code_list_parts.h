// What the readers of code lists share: gathering codes, each once.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "formats/exchange/code_list.h"

namespace chartline::exchange {

class CodeListGathering {
 public:
  explicit CodeListGathering(std::string file) : file_(std::move(file)) {}

  void row() { ++read.rows; }
  void take(ListedCode code);
  void reject(std::uint64_t line, std::string_view field, std::string_view rule, std::string_view reason);
  void doubt(std::uint64_t line, std::string_view field, std::string_view rule, std::string_view reason);
  const std::string& file() const { return file_; }

  CodeListRead read;

 private:
  std::string file_;
  std::set<std::tuple<bool, std::string, std::string, ListedCode::Reach>> known_;
};

Result<void> read_code_list_csv(std::string_view bytes, const CodeListOptions& options, CodeListGathering& into);
Result<void> read_value_set(std::string_view json, CodeListGathering& into);

}  // namespace chartline::exchange
