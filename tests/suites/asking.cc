#include "tests/suites/asking.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <type_traits>

#include "tests/integration/must.h"

namespace chartline::suites {
namespace {

using integration::must;

bool alike(const Plain& a, const Plain& b, double relative) {
  const auto *x = std::get_if<double>(&a), *y = std::get_if<double>(&b);
  if (!x || !y) return a == b;
  return *x == *y || std::abs(*x - *y) <= relative * std::max(std::abs(*x), std::abs(*y));
}

std::string print(const Row& row) {
  std::string out;
  for (const Plain& cell : row) {
    if (!out.empty()) out += " | ";
    if (const auto* number = std::get_if<double>(&cell)) out += query::print(query::Cell(*number));
    else if (const auto* text = std::get_if<std::string>(&cell)) out += *text;
    else out += "missing";
  }
  return out;
}

}  // namespace

std::string_view name(query::Executor executor) {
  return executor == query::Executor::reference    ? "reference"
         : executor == query::Executor::vectorised ? "vectorised"
                                                   : "automatic";
}

std::vector<query::Answer> ask(engine::Store& store, std::string_view text, query::Executor executor) {
  const query::Prepared prepared = must(query::prepare(store, text, {}));
  if (!prepared.complaints.empty()) throw std::runtime_error(query::render(prepared.complaints, text));
  query::Answers answers;
  query::RunOptions options;
  options.executor = executor;
  options.threads = 1;
  must(query::run(prepared, store, store.view(), options, answers));
  return std::move(answers.all);
}

Row plain(const std::vector<query::Cell>& row, Times times) {
  Row out;
  for (const query::Cell& cell : row) {
    out.push_back(std::visit(
        [&](const auto& value) -> Plain {
          using Value = std::decay_t<decltype(value)>;
          if constexpr (std::is_same_v<Value, query::Missing>) {
            return {};
          } else if constexpr (std::is_same_v<Value, std::string>) {
            return value;
          } else if constexpr (std::is_same_v<Value, record::Time>) {
            if (times == Times::as_text) return record::print(value);
            return static_cast<double>(value.instant()) / 1e6;
          } else {
            return static_cast<double>(value);
          }
        },
        cell));
  }
  return out;
}

Plain plain(simdjson::dom::element cell) {
  if (cell.is_null()) return {};
  if (cell.is_bool()) return bool(cell) ? 1.0 : 0.0;
  if (cell.is_string()) return std::string(std::string_view(cell));
  return cell.is_int64() ? static_cast<double>(int64_t(cell)) : double(cell);
}

Row plain(simdjson::dom::array row) {
  Row out;
  for (const simdjson::dom::element cell : row) out.push_back(plain(cell));
  return out;
}

std::string difference(std::vector<Row> found, std::vector<Row> expected, double relative) {
  std::sort(found.begin(), found.end());
  std::sort(expected.begin(), expected.end());
  if (found.size() != expected.size())
    return std::to_string(found.size()) + " rows, expected " + std::to_string(expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const bool same = std::equal(found[i].begin(), found[i].end(), expected[i].begin(), expected[i].end(),
                                 [&](const Plain& a, const Plain& b) { return alike(a, b, relative); });
    if (!same) return "row " + std::to_string(i) + ": " + print(found[i]) + ", expected " + print(expected[i]);
  }
  return "";
}

}  // namespace chartline::suites
