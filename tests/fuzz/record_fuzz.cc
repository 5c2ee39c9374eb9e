// Any text, read as a time, a number, an NHS number and a code: what is accepted is printed and read back to the same.
#include <algorithm>

#include "base/check.h"
#include "formats/record/decimal.h"
#include "formats/record/systems.h"
#include "formats/record/time.h"

namespace {

using namespace chartline;

void read_time(std::string_view text) {
  const std::optional<record::Time> time = record::parse_time(text, 60);
  if (!time) return;
  check(record::parse_time(record::print(*time), 60) == time, "a time is read as it was printed");
  const record::Interval within = record::interval(*time);
  check(within.first <= time->instant() && time->instant() < within.past, "a time lies in its interval");
}

void read_decimal(std::string_view text) {
  const std::optional<record::Decimal> number = record::parse_decimal(text);
  if (!number) return;
  check(record::is_normal(*number), "one number has one representation");
  check(record::parse_decimal(record::print(*number)) == number, "a number is read as it was printed");
}

void read_code(std::string_view text) {
  for (const std::string_view system : {"icd10", "opcs4", "icd9cm", "gender", "snomed"}) {
    const std::string once = record::canonical_code(system, text);
    check(record::canonical_code(system, once) == once, "a canonical code stays as it is");
  }
  const std::optional<std::string> nhs = record::parse_nhs_number(text);
  check(!nhs || (nhs->size() == 10 && record::parse_nhs_number(*nhs) == nhs), "an NHS number has ten digits");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  read_time(text);
  read_decimal(text);
  read_code(text);
  return 0;
}
