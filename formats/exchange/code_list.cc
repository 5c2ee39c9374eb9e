#include "formats/exchange/code_list.h"

#include <span>

#include "base/hash.h"
#include "formats/exchange/cell.h"
#include "formats/exchange/code_list_parts.h"
#include "formats/exchange/input.h"

namespace chartline::exchange {

void CodeListGathering::take(ListedCode code) {
  if (!known_.emplace(code.excluded, code.system, code.code, code.reach).second) {
    ++read.repeated;
    return;
  }
  read.codes.push_back(std::move(code));
}

void CodeListGathering::reject(std::uint64_t line, std::string_view field, std::string_view rule,
                               std::string_view reason) {
  ++read.rejected;
  read.problems.push_back(
      {Problem::Outcome::rejected, {file_, line, std::string(field)}, std::string(rule), std::string(reason)});
}

void CodeListGathering::doubt(std::uint64_t line, std::string_view field, std::string_view rule, std::string_view reason) {
  read.problems.push_back(
      {Problem::Outcome::repaired, {file_, line, std::string(field)}, std::string(rule), std::string(reason)});
}

Result<CodeListRead> read_code_list(const std::string& path, const CodeListOptions& options) {
  auto inputs = TRY(Inputs::open(std::span(&path, 1)));
  Input* const input = TRY(inputs.next());
  if (input == nullptr) return invalid_request(path + ": there is no file in it");
  CodeListGathering gathering(input->name());
  std::string bytes(TRY(input->whole(code_list_bytes_max)));
  gathering.read.hash = hex(hash128(bytes));
  if (TRY(inputs.next()) != nullptr) return invalid_request(path + ": it holds several files, and a code list is one");
  std::string_view text = bytes;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (trimmed(text).starts_with('{')) TRY(read_value_set(text, gathering));
  else TRY(read_code_list_csv(text, options, gathering));
  if (gathering.read.codes.empty())
    return invalid_request(gathering.file() + ": there is no code in it that can be used");
  return std::move(gathering.read);
}

}  // namespace chartline::exchange
