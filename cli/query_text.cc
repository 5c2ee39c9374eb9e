#include "cli/query_text.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "cli/failure.h"
#include "query/token.h"

namespace chartline::cli {
namespace {

Result<std::string> read_all(std::istream& from, const std::string& name) {
  std::string text(query::text_bytes_max + 1, '\0');
  from.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (from.bad()) return unavailable(name + " cannot be read");
  text.resize(static_cast<std::size_t>(from.gcount()));
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);  // a byte order mark, as some editors write it
  if (text.size() > query::text_bytes_max) return invalid_request(name + " is longer than a query may be: 1 MiB");
  return text;
}

Result<QueryText> from_standard_input(Console& console) {
  if (isatty(STDIN_FILENO) != 0) console.note("type a query, then Ctrl-D; chartline shell is more convenient");
  return QueryText{TRY(read_all(std::cin, "standard input")), ""};
}

}  // namespace

Result<std::string> read_query_file(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return not_found("there is no file " + path);
  if (std::filesystem::is_directory(path, error)) return invalid_request(path + " is a folder, not a query");
  std::ifstream file(path, std::ios::binary);
  if (!file) return unavailable(path + " cannot be read");
  return read_all(file, path);
}

Result<QueryText> query_text(const Invocation& invocation, Console& console) {
  const auto typed = invocation.given("text"), file = invocation.given("file");
  if (typed && file) return invalid_request("-e and -f exclude each other: the query stands in one place");
  if (typed && typed->size() > query::text_bytes_max) return invalid_request("-e is longer than a query may be: 1 MiB");
  if (typed) return QueryText{*typed, ""};
  if (file && *file != "-") return QueryText{TRY(read_query_file(*file)), *file};
  return from_standard_input(console);
}

}  // namespace chartline::cli
