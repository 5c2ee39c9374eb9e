#include "tests/suites/json_lines.h"

#include <cctype>
#include <fstream>
#include <stdexcept>

namespace chartline::suites {
namespace {

// A whole number of more digits than 64 bits surely hold gets an exponent, so that it is read as a double.
std::string with_doubles(const std::string& line) {
  constexpr std::size_t digits_max = 18;
  const auto is_digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  std::string out;
  bool in_text = false;
  for (std::size_t at = 0; at < line.size(); ++at) {
    const char c = line[at];
    if (c == '"' && (at == 0 || line[at - 1] != '\\')) in_text = !in_text;
    if (in_text || !is_digit(c)) {
      out += c;
      continue;
    }
    std::size_t end = at;
    while (end < line.size() && is_digit(line[end])) ++end;
    const bool fraction = at > 0 && line[at - 1] == '.';
    const bool whole = !fraction && (end == line.size() || (line[end] != '.' && line[end] != 'e' && line[end] != 'E'));
    out.append(line, at, end - at);
    if (whole && end - at > digits_max) out += "e0";
    at = end - 1;
  }
  return out;
}

}  // namespace

void for_each_line(const std::string& path, const std::function<void(simdjson::dom::element)>& each) {
  std::ifstream in(path);
  simdjson::dom::parser parser;
  for (std::string line; std::getline(in, line);) {
    simdjson::dom::element value;
    const bool read = parser.parse(line).get(value) == simdjson::SUCCESS ||
                      parser.parse(with_doubles(line)).get(value) == simdjson::SUCCESS;
    if (!read) throw std::runtime_error("a line of " + path + " is not JSON");
    each(value);
  }
}

}  // namespace chartline::suites
