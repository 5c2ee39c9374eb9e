// Any text as an OHDSI cohort definition: refused with the place, or a cohort in words that the query language can read.
#include "base/check.h"
#include "formats/exchange/circe.h"
#include "query/parse.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chartline;
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  for (const bool as_circe : {false, true}) {
    const auto cohort = exchange::cohort_from_circe(json, {.cohort = "c", .as_circe = as_circe});
    if (!cohort) {
      check(!cohort.error().message.empty(), "a refusal says why");
      continue;
    }
    query::Complaints complaints;
    (void)query::parse(*cohort, complaints);
    check(complaints.empty(), "what is written can be read");
  }
  return 0;
}
