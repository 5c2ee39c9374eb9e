// Any bytes as a CSV file: every row is handed over, in the order of its line, and reading ends.
#include "base/check.h"
#include "formats/exchange/csv.h"

namespace {

using namespace chartline;

Result<void> read_all(std::string text) {
  const std::size_t bytes = text.size();
  exchange::MemoryInput input("input", std::move(text));
  exchange::Csv csv = TRY(exchange::Csv::open(input));
  std::size_t rows = 0;
  std::uint64_t line = 1;
  while (TRY(csv.next())) {
    check(csv.line() > line, "each row starts after the one before");
    check(csv.past_row() <= bytes, "a row ends within the file");
    check(csv.fault() == exchange::RowFault::ragged || csv.fault() == exchange::RowFault::too_long ||
              csv.fields().size() >= csv.header().size() || csv.fault() == exchange::RowFault::bad_quote,
          "a row without a fault has every field");
    line = csv.line();
    check(++rows <= bytes, "there are no more rows than bytes");
  }
  return {};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A file that cannot be read gives an error, which is as good an end as any.
  static_cast<void>(read_all(std::string(reinterpret_cast<const char*>(data), size)));
  return 0;
}
